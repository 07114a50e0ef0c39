import { conversationChannel } from '@parley/protocol/channels'
import type { UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { Members } from '../database/members.ts'
import type { Hub } from '../delivery/hub.ts'
import type { PresenceChange } from '../delivery/presence.ts'
import type { Announce } from './announce.ts'

interface Deps {
  members: Pick<Members, 'placesOf'>
  hub: Pick<Hub, 'users' | 'counts'>
  announce: Pick<Announce, 'noticeHere'>
}

/** Users asked for in one query. */
const queryMax = 100

/**
 * Tells the people of this node who came online and who went: one notice for each of those who share
 * a small conversation with any of them, however many conversations that are.
 */
export const createPresenceNotices =
  ({ members, hub, announce }: Deps) =>
  async (changes: PresenceChange[]): Promise<void> => {
    if (hub.counts().channels === 0) return
    const online = new Map(changes.map((change) => [Number(change.user), change.online]))
    const told = new Map<string, Set<UserId>>()
    const changed = [...online.keys()]
    for (let start = 0; start < changed.length; start += queryMax) {
      const asked = changed.slice(start, start + queryMax)
      const places = await members.placesOf(asked, limits.smallConversationMembers)
      for (const { userId, conversationId } of places)
        for (const other of hub.users(conversationChannel(conversationId)))
          told.set(other, (told.get(other) ?? new Set()).add(userId))
    }
    for (const [other, users] of told)
      announce.noticeHere(Number(other), {
        type: 'presence',
        users: [...users].map((id) => ({ id, online: online.get(id)! })),
      })
  }
