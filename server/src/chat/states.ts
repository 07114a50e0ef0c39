import type { ConversationId, UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { ConversationState, OwnPosition, SharedState } from '@parley/protocol/state'
import type { MemberPosition, Place, Reads, Standing } from '../database/reads.ts'
import { batchPerTurn } from '../batch-per-turn.ts'

/** What a member may know of conversations that is no part of their lines. */
export interface States {
  /** What members of small conversations know of each other, as far as one connect reply may carry it. */
  shared(
    viewer: UserId,
    conversations: { id: ConversationId; memberCount: number }[],
  ): Promise<Map<ConversationId, SharedState>>
  /** That, and the viewer's own position; conversations the viewer is not in are left out. */
  whole(viewer: UserId, ids: ConversationId[]): Promise<Map<ConversationId, ConversationState>>
}

/** Whether so many members are told of each other's positions, typing and presence. */
export const isSmall = (memberCount: number): boolean =>
  memberCount <= limits.smallConversationMembers

/** Reads of one turn are one query, whoever asks: a room that reconnects is read once. */
export function createStates(reads: Reads, isOnline: (userId: UserId) => boolean): States {
  const membersOf = batchPerTurn<ConversationId, MemberPosition[]>(async (ids) => {
    const members = new Map<ConversationId, MemberPosition[]>(ids.map((id) => [id, []]))
    for (const position of await reads.positions([...members.keys()]))
      members.get(position.conversationId)!.push(position)
    return ids.map((id) => members.get(id)!)
  })
  type Asked = { conversationId: ConversationId; userId: UserId }
  const placeOf = batchPerTurn<Asked, Place | undefined>((asked) => reads.standings(asked))

  async function shared(
    viewer: UserId,
    conversations: { id: ConversationId; memberCount: number }[],
  ): Promise<Map<ConversationId, SharedState>> {
    const affordable = withinLimit(conversations)
    const members = await Promise.all(affordable.map(({ id }) => membersOf(id)))
    return new Map(
      affordable.map(({ id }, index) => {
        const online = members[index]!.map(({ userId }) => userId).filter(isOnline)
        return [id, { ...seenBy(viewer, members[index]!), online }]
      }),
    )
  }

  return {
    shared,
    async whole(viewer, ids) {
      const places = await Promise.all(
        ids.map((conversationId) => placeOf({ conversationId, userId: viewer })),
      )
      const own = ids.flatMap((id, index) => {
        const place = places[index]
        return place ? [{ id, ...place }] : []
      })
      const others = await shared(viewer, own)
      return new Map(
        own.map(({ id, favourite, muted, notify, ...standing }) => [
          id,
          { ...ownPositionOf(standing), favourite, muted, notify, ...others.get(id) },
        ]),
      )
    },
  }
}

function withinLimit<Each extends { memberCount: number }>(conversations: Each[]): Each[] {
  let left = limits.positionsPerConnect
  return conversations.filter(({ memberCount }) => {
    if (!isSmall(memberCount) || memberCount > left) return false
    left -= memberCount
    return true
  })
}

function seenBy(viewer: UserId, members: MemberPosition[]): Pick<SharedState, 'reads'> {
  if (!members.find(({ userId }) => userId === viewer)?.shown) return {}
  return { reads: members.filter(({ shown }) => shown).map(positionOf) }
}

/** As its owner is told it. */
export const ownPositionOf = ({
  lastReadSeq,
  lastReadOrdinal,
  unread,
  mentions,
  rev,
  lastSeq,
}: Standing): OwnPosition => ({ lastReadSeq, lastReadOrdinal, unread, mentions, rev, lastSeq })

/** As others are told it. */
export const positionOf = ({
  userId,
  lastReadSeq,
  lastDeliveredSeq,
}: Omit<MemberPosition, 'conversationId' | 'shown'>) => ({
  userId,
  lastReadSeq,
  lastDeliveredSeq,
})
