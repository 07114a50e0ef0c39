import type { Change } from '@parley/protocol/changes'
import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { MemberPosition } from '@parley/protocol/state'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'

export type Positions = ReadonlyMap<UserId, MemberPosition>

/** How far the members of small conversations have received and read, as far as they show it. */
export const usePositions = defineStore('positions', () => {
  const byConversation = shallowReactive(new Map<ConversationId, Positions>())

  /** The whole state; undefined where nothing is shared, by the conversation's size or my choice. */
  function replace(id: ConversationId, reads: readonly MemberPosition[] | undefined): void {
    if (!reads) byConversation.delete(id)
    else byConversation.set(id, new Map(reads.map((position) => [position.userId, position])))
  }

  function move(
    id: ConversationId,
    reads: readonly MemberPosition[],
    hidden: readonly UserId[] = [],
  ): void {
    const known = byConversation.get(id)
    if (!known) return
    const next = new Map(known)
    for (const position of reads) next.set(position.userId, higher(next, position))
    for (const userId of hidden) next.delete(userId)
    byConversation.set(id, next)
  }

  /** Who writes has read up to there, which nothing else says; who has left is gone. */
  function apply(id: ConversationId, change: Change): void {
    if (change.type === 'member.left') move(id, [], [change.user.id])
    if (change.type !== 'message.created') return
    const { seq } = change
    const userId = change.message.user.id
    const isShown = byConversation.get(id)?.has(userId)
    if (isShown) move(id, [{ userId, lastReadSeq: seq, lastDeliveredSeq: seq }])
  }

  return {
    ...{ replace, move, apply },
    drop: (id: ConversationId) => byConversation.delete(id),
    /** Undefined where nobody is told of the others. */
    of: (id: ConversationId): Positions | undefined => byConversation.get(id),
  }
})

function higher(known: Positions, position: MemberPosition): MemberPosition {
  const before = known.get(position.userId) ?? position
  return {
    userId: position.userId,
    lastReadSeq: Math.max(before.lastReadSeq, position.lastReadSeq),
    lastDeliveredSeq: Math.max(before.lastDeliveredSeq, position.lastDeliveredSeq),
  }
}
