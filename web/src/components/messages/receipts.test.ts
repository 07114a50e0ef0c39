import { describe, expect, test } from 'vitest'
import { aMessage, bill, john } from '../../stores/testing/builders.ts'
import { buildReceipts } from './receipts.ts'

const mine = (seq: number, fields = {}) => aMessage(seq, { user: john, ...fields })
const positions = (...all: [userId: number, read: number, delivered?: number][]) =>
  new Map(
    all.map(([userId, lastReadSeq, lastDeliveredSeq = lastReadSeq]) => [
      userId,
      { userId, lastReadSeq, lastDeliveredSeq },
    ]),
  )
const shown = (...given: Parameters<typeof buildReceipts>) =>
  [...buildReceipts(...given)].map(([id, { state, standing }]) => [id - 100, state, standing])

describe('beside my messages', () => {
  test('the last one says that it is sent, has arrived, was seen', () => {
    const messages = [mine(1), mine(2)]
    expect(shown(messages, positions([2, 0]), john.id)).toEqual([[2, 'sent', []]])
    expect(shown(messages, positions([2, 0, 2]), john.id)).toEqual([[2, 'delivered', []]])
    expect(shown(messages, positions([2, 2]), john.id)).toEqual([[2, 'seen', [2]]])
  })

  test('each reader stands at the last one they have read, also when others wrote after it', () => {
    const messages = [mine(1), mine(3), aMessage(4, { user: bill }), mine(6)]
    expect(shown(messages, positions([2, 5], [3, 1, 3], [4, 9]), john.id)).toEqual([
      [6, 'seen', [4]],
      [3, 'seen', [2]],
      [1, 'seen', [3]],
    ])
  })

  test('the details say of everybody how far they are', () => {
    const all = buildReceipts([mine(5)], positions([2, 5], [3, 1, 5], [4, 1, 1]), john.id)
    expect(all.get(105)).toMatchObject({ seen: [2], delivered: [3], waiting: [4] })
  })

  test('nothing is shown of deleted ones, of myself, or where nobody shows how far they are', () => {
    expect(shown([mine(1, { deletedAt: 'now' })], positions([2, 5]), john.id)).toEqual([])
    expect(shown([mine(1)], positions([john.id, 5]), john.id)).toEqual([])
    expect(shown([mine(1)], undefined, john.id)).toEqual([])
  })
})
