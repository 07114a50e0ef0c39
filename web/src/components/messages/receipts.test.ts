import type { Message } from '@parley/protocol/resources'
import type { MemberPosition } from '@parley/protocol/state'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { usePositions } from '../../stores/positions.ts'
import { aMessage, bill, created, john } from '../../stores/testing/builders.ts'
import { aPage } from '../../stores/testing/stores.ts'
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

/** A line, and how far three people are on it, as the server has them. */
function aServer() {
  const line: Message[] = []
  const people = [john.id, bill.id, 3].map((userId) => ({
    userId,
    read: 0,
    reached: 0,
    hides: false,
  }))
  const positionOf = ({ userId, read, reached }: (typeof people)[number]) => ({
    ...{ userId, lastReadSeq: read, lastDeliveredSeq: reached },
  })
  const shown = () => people.filter(({ hides }) => !hides)
  return { line, people, positionOf, shown, state: () => shown().map(positionOf) }
}

const number = fc.nat(1_000)
const person = fc.nat(2)
const deed = fc.oneof(
  fc.record({ do: fc.constant('write' as const), person }),
  fc.record({ do: fc.constant('delete' as const), at: number }),
  fc.record({ do: fc.constantFrom('read' as const, 'receive' as const), person, at: number }),
  fc.record({ do: fc.constantFrom('hide' as const, 'show' as const), person }),
  fc.record({ do: fc.constantFrom('hear' as const, 'hear again' as const), at: fc.nat(4) }),
  fc.record({ do: fc.constant('reconnect' as const) }),
)

test('who has seen a message equals a recount after any history, however late it is told', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 50 }), (deeds) => {
      aPage()
      const positions = usePositions()
      const server = aServer()
      const { line, people, positionOf } = server
      positions.replace(7, server.state())
      let news: (() => void)[] = []
      const told: MemberPosition[] = []
      const move = (one: (typeof people)[number]) => {
        const position = positionOf(one)
        if (one.hides) return
        told.push(position)
        news.push(() => positions.move(7, [position]))
      }
      for (const each of deeds) {
        const one = 'person' in each ? people[each.person]! : people[0]!
        const seq = 'at' in each ? each.at % (line.length + 1) : 0
        if (each.do === 'write') {
          const message = aMessage(line.length + 1, { user: { id: one.userId, username: 'x' } })
          line.push(message)
          one.read = one.reached = message.seq
          news.push(() => positions.apply(7, created(message)))
        } else if (each.do === 'delete' && seq > 0) {
          line[seq - 1] = { ...line[seq - 1]!, deletedAt: 'now' }
        } else if (each.do === 'read') {
          one.read = Math.max(one.read, seq)
          one.reached = Math.max(one.reached, one.read)
          move(one)
        } else if (each.do === 'receive') {
          one.reached = Math.max(one.reached, seq)
          move(one)
        } else if (each.do === 'hide') {
          one.hides = true
          news.push(() => positions.move(7, [], [one.userId]))
        } else if (each.do === 'show') {
          one.hides = false
          move(one)
        } else if (each.do === 'hear') {
          for (const hear of news.splice(0, each.at)) hear()
        } else if (each.do === 'hear again') {
          const again = told[each.at % (told.length || 1)]
          if (again && positions.of(7)!.has(again.userId)) positions.move(7, [again])
        } else if (each.do === 'reconnect') {
          news = []
          positions.replace(7, server.state())
        }
      }
      for (const hear of news) hear()
      const others = server.shown().filter(({ userId }) => userId !== john.id)
      const own = line.filter(({ user, deletedAt }) => user.id === john.id && !deletedAt)
      const ids = (of: typeof others) => of.map(({ userId }) => userId).toSorted()
      const receipts = buildReceipts(line, positions.of(7), john.id)
      const last = own.at(-1)
      if (last && others.length > 0) expect(receipts.has(last.id)).toBe(true)
      for (const [id, receipt] of receipts) {
        const { seq } = own.find((message) => message.id === id)!
        expect(receipt.seen.toSorted()).toEqual(ids(others.filter(({ read }) => read >= seq)))
        expect(receipt.delivered.toSorted()).toEqual(
          ids(others.filter(({ read, reached }) => read < seq && reached >= seq)),
        )
        const standing = others.filter(({ read }) => own.findLast((m) => m.seq <= read)?.id === id)
        expect(receipt.standing.toSorted()).toEqual(ids(standing))
      }
    }),
    { numRuns: 2_000 },
  )
})
