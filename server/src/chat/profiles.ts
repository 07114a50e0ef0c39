import type { UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import type { Profile } from '@parley/protocol/resources'
import type { Settings } from '@parley/protocol/state'
import type { Database } from '../database/database.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { positionOf } from './states.ts'

type ProfileHandlers = Pick<
  Handlers,
  'users.list' | 'users.get' | 'users.changeProfile' | 'users.settings' | 'users.changeSettings'
>

/** Who people are to each other, and what each has set for themselves. */
export const profileHandlers = (db: Database, announce: Announce): ProfileHandlers => ({
  'users.list': async (_caller, { limit, ...request }) => {
    const users = await db.profiles.list({ ...request, limit: limit + 1 })
    return { users: users.slice(0, limit), more: users.length > limit }
  },

  'users.get': async (_caller, { id }) => ({ profile: await profileOf(db, id) }),

  'users.changeProfile': async ({ user }, change) => {
    await db.profiles.change(user.id, change)
    return { profile: await profileOf(db, user.id) }
  },

  'users.settings': async ({ user }) => ({ settings: await settingsOf(db, user.id) }),

  'users.changeSettings': async ({ user }, { readReceipts, doNotDisturbUntil }) => {
    if (readReceipts !== undefined) await showReads(db, announce, user.id, readReceipts)
    if (doNotDisturbUntil !== undefined)
      await db.profiles.setDoNotDisturb(user.id, doNotDisturbUntil)
    const settings = await settingsOf(db, user.id)
    announce.notice(user.id, { type: 'settings', settings })
    return { settings }
  },
})

async function profileOf(db: Database, id: UserId): Promise<Profile> {
  const profile = await db.profiles.find(id)
  if (!profile) throw new Refusal('notFound')
  return profile
}

async function settingsOf(db: Database, id: UserId): Promise<Settings> {
  const settings = await db.profiles.settings(id)
  if (!settings) throw new Refusal('unauthorized')
  return settings
}

async function showReads(
  db: Database,
  announce: Announce,
  userId: UserId,
  shown: boolean,
): Promise<void> {
  if (!(await db.users.setReadReceipts(userId, shown))) return
  announce.rightsChanged(userId)
  const own = await db.reads.positionsOf(userId, limits.smallConversationMembers)
  for (const position of own)
    announce.state(position.conversationId, {
      type: 'reads',
      ...(shown ? { reads: [positionOf(position)] } : { reads: [], hidden: [userId] }),
    })
}
