import { limits } from '@parley/protocol/limits'
import type { ConversationId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Conversation } from '@parley/protocol/resources'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { addMember, removeMember } from './members.ts'
import { mayJoin, mayLeave, mayLookInto } from './policies.ts'

type ConversationHandlers = Pick<
  Handlers,
  | 'conversations.list'
  | 'conversations.create'
  | 'conversations.get'
  | 'conversations.join'
  | 'conversations.leave'
  | 'conversations.changes'
>

export const conversationHandlers = (db: Database, announce: Announce): ConversationHandlers => ({
  'conversations.list': async ({ user }, { scope, after, limit }) => {
    const ids =
      scope === 'mine'
        ? following(await db.conversations.idsOf(user.id), after)
        : await db.conversations.joinable(user.id, after, limit + 1)
    const { conversations } = await db.conversations.summaries(user.id, ids.slice(0, limit))
    return { conversations, more: ids.length > limit }
  },

  'conversations.create': async ({ user }, { name, kind, userIds, clientKey }) => {
    const others = [...new Set(userIds)].filter((id) => id !== user.id)
    const existing = new Set(await db.users.existing(others))
    const unknown = others.find((id) => !existing.has(id))
    if (unknown !== undefined)
      throw new Refusal('notFound', { field: 'userIds', message: `userIds: no user ${unknown}` })
    const memberIds = [user.id, ...others]
    const { outcome, id } = await db.conversations.create({ name, kind, clientKey, memberIds })
    if (outcome === 'conflict') throw new Refusal('conflict', { field: 'clientKey' })
    if (outcome === 'stored') for (const memberId of memberIds) announce.rightsChanged(memberId)
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.get': async ({ user }, { id }) => {
    await accessTo(db.conversations, user.id, id, mayLookInto)
    const conversation = await summary(db, user.id, id)
    return { conversation, members: await db.members.list(id, limits.membersPerPage) }
  },

  'conversations.join': async ({ user }, { id }) => {
    const access = await accessTo(db.conversations, user.id, id, mayJoin)
    await addMember(db, announce, { access, user, by: user })
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.leave': async ({ user }, { id }) => {
    const access = await accessTo(db.conversations, user.id, id)
    if (!mayLeave(access)) throw new Refusal('permissionDenied')
    await removeMember(db, announce, { access, user, by: user })
    return {}
  },

  'conversations.changes': async ({ user }, { id, after, epoch, limit }) => {
    await accessTo(db.conversations, user.id, id)
    const stretch = (await db.changes.after([{ conversationId: id, after }], limit))[0]
    if (!stretch) throw new Refusal('notFound')
    const { lastSeq, changes } = stretch
    const reset = (epoch !== undefined && epoch !== stretch.epoch) || after > lastSeq
    return { epoch: stretch.epoch, changes: reset ? [] : changes, lastSeq, reset }
  },
})

const following = (ids: ConversationId[], after: ConversationId | undefined): ConversationId[] =>
  after === undefined ? ids : ids.slice(ids.indexOf(after) + 1 || ids.length)

async function summary(db: Database, userId: UserId, id: ConversationId): Promise<Conversation> {
  const { conversations } = await db.conversations.summaries(userId, [id])
  if (!conversations[0]) throw new Refusal('notFound')
  return conversations[0]
}
