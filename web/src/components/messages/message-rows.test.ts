import { describe, expect, test } from 'vitest'
import { aMessage, anOutgoing, bill, john } from '../../stores/testing/builders.ts'
import { buildRows } from './message-rows.ts'

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 12, minutes)).toISOString()
const source = { outgoing: [], more: false, me: john.id, readUpTo: undefined }
const build = (fields: Partial<Parameters<typeof buildRows>[0]>) =>
  buildRows({ messages: [], ...source, ...fields })

describe('the timeline', () => {
  test('groups messages that one person wrote within five minutes', () => {
    const messages = [
      aMessage(1, { createdAt: at(0) }),
      aMessage(2, { createdAt: at(4) }),
      aMessage(3, { createdAt: at(10) }),
      aMessage(4, { createdAt: at(11), user: john }),
    ]
    expect(build({ messages }).map(({ head }) => head)).toEqual([true, false, true, true])
  })

  test('announces a day once', () => {
    const messages = [aMessage(1), aMessage(2), aMessage(3, { createdAt: '2026-11-25T12:00:00Z' })]
    const days = build({ messages }).map(({ day }) => day !== undefined)
    expect(days).toEqual([true, false, true])
  })

  test('keeps a row in its place when my message becomes a stored one', () => {
    const outgoing = [anOutgoing('mine')]
    const before = build({ outgoing })
    const stored = aMessage(9, { user: john, clientKey: 'mine' })
    const after = build({ messages: [stored], outgoing })
    expect(after).toHaveLength(1)
    expect(after[0]!.key).toBe(before[0]!.key)
  })

  test('shows what I write after everything that is stored', () => {
    const rows = build({ messages: [aMessage(9)], outgoing: [anOutgoing('mine')] })
    expect(rows.map(({ outgoing }) => outgoing?.clientKey)).toEqual([undefined, 'mine'])
  })

  test('changes no row when older messages arrive above it', () => {
    const messages = [1, 2, 3, 4, 5, 6].map((seq) =>
      aMessage(seq, { createdAt: at(seq), user: seq % 3 ? bill : john }),
    )
    const newest = build({ messages: messages.slice(3), more: true })
    const all = build({ messages, more: false })
    expect(all.slice(-newest.length)).toEqual(newest)
    expect(newest).toHaveLength(2)
  })

  test('marks the first message that was unread when it was opened', () => {
    const rows = build({ messages: [aMessage(1), aMessage(2), aMessage(3)], readUpTo: 1 })
    expect(rows.map(({ fresh }) => fresh)).toEqual([false, true, false])
  })
})
