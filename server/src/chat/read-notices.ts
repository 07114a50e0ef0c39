import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { MemberPosition } from '@parley/protocol/state'
import type { Moved } from '../database/reads.ts'
import type { Announce } from './announce.ts'
import { isSmall, ownPositionOf } from './states.ts'

interface ReadNotices {
  moved(userId: UserId, conversationId: ConversationId, moved: Moved): void
  close(): void
}

/**
 * Tells who has come how far: the reader's own devices at once, the others of a small conversation in
 * one publication per interval, however many members move.
 */
export function createReadNotices(announce: Announce, intervalMs: number): ReadNotices {
  let collected = new Map<ConversationId, Map<UserId, MemberPosition>>()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    timer = undefined
    const told = collected
    collected = new Map()
    for (const [id, positions] of told)
      announce.state(id, { type: 'reads', reads: [...positions.values()] })
  }

  return {
    moved(userId, conversationId, moved) {
      const { memberCount, shown, seenSeq, lastDeliveredSeq } = moved
      if (moved.readMoved) {
        const own = ownPositionOf(moved)
        announce.notice(userId, { type: 'conversation.read', conversationId, ...own })
      }
      if (!shown || !isSmall(memberCount) || !(moved.readMoved || moved.deliveredMoved)) return
      const positions = collected.get(conversationId) ?? new Map<UserId, MemberPosition>()
      positions.set(userId, { userId, lastReadSeq: seenSeq, lastDeliveredSeq })
      collected.set(conversationId, positions)
      timer ??= setTimeout(tell, intervalMs)
    },
    close() {
      clearTimeout(timer)
      tell()
    },
  }
}
