import type { MessageId, UserId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { MemberPosition } from '@parley/protocol/state'
import type { Positions } from '../../stores/positions.ts'

/** What is shown beside a message of mine. */
export interface Receipt {
  readonly state: 'sent' | 'delivered' | 'seen'
  /** Those for whom this is the last message of mine that they have read. */
  readonly standing: readonly UserId[]
  readonly seen: readonly UserId[]
  /** Has reached them, and is not read. */
  readonly delivered: readonly UserId[]
  readonly waiting: readonly UserId[]
}

/** For my last message, and for those where somebody's read position stands. */
export function buildReceipts(
  messages: readonly Message[],
  positions: Positions | undefined,
  me: UserId | undefined,
): ReadonlyMap<MessageId, Receipt> {
  const receipts = new Map<MessageId, Receipt>()
  const others = [...(positions?.values() ?? [])].filter(({ userId }) => userId !== me)
  const own = messages.filter(({ user, deletedAt }) => user.id === me && !deletedAt)
  const last = own.at(-1)
  if (!last || others.length === 0) return receipts

  const standing = new Map<Message, UserId[]>([[last, []]])
  for (const { userId, lastReadSeq } of others) {
    const message = own.findLast(({ seq }) => seq <= lastReadSeq)
    if (message) standing.set(message, [...(standing.get(message) ?? []), userId])
  }
  for (const [message, who] of standing) {
    receipts.set(message.id, receiptOf(message, others, who))
  }
  return receipts
}

function receiptOf(
  { seq }: Message,
  others: readonly MemberPosition[],
  standing: UserId[],
): Receipt {
  const ids = (of: readonly MemberPosition[]) => of.map(({ userId }) => userId)
  const seen = ids(others.filter((one) => one.lastReadSeq >= seq))
  const reached = others.filter((one) => one.lastDeliveredSeq >= seq)
  const delivered = ids(reached.filter((one) => one.lastReadSeq < seq))
  const waiting = ids(others.filter((one) => one.lastDeliveredSeq < seq && one.lastReadSeq < seq))
  const state = seen.length > 0 ? 'seen' : delivered.length > 0 ? 'delivered' : 'sent'
  return { state, standing, seen, delivered, waiting }
}
