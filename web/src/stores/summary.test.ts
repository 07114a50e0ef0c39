import { describe, expect, test } from 'vitest'
import type { Change } from '@parley/protocol/changes'
import {
  aConversation,
  aMessage,
  bill,
  created,
  deleted,
  edited,
  john,
  joined,
} from './testing/builders.ts'
import { applyRead, applyToSummary, byActivity, summarize, type Summary } from './summary.ts'

const me = john.id
const follow = (summary: Summary, ...changes: Change[]) =>
  changes.reduce((now, change) => applyToSummary(now, change, me), summary).conversation

describe('the unread count', () => {
  const read = summarize(aConversation())
  const unread = summarize(aConversation({ lastReadSeq: 5, unread: 3 }))

  test('goes up with a message of somebody else', () => {
    expect(follow(read, created(aMessage(11))).unread).toBe(1)
    expect(follow(unread, created(aMessage(11))).unread).toBe(4)
  })

  test('stays when the same message arrives twice', () => {
    expect(follow(read, created(aMessage(11)), created(aMessage(11))).unread).toBe(1)
  })

  test('is gone when I write, here or in another tab', () => {
    const mine = created(aMessage(12, { user: john }))
    expect(follow(unread, created(aMessage(11)), mine)).toMatchObject({
      unread: 0,
      lastReadSeq: 12,
    })
  })

  test('goes down when an unread message is deleted', () => {
    const message = aMessage(11)
    expect(follow(read, created(message), deleted(12, message)).unread).toBe(0)
    expect(follow(unread, deleted(11, aMessage(8))).unread).toBe(2)
  })

  test('stays when a read message is deleted', () => {
    expect(follow(unread, deleted(11, aMessage(4))).unread).toBe(3)
  })

  test('is right when a recovered message was deleted meanwhile', () => {
    const gone = aMessage(11, { version: 12, deletedAt: '2026-11-22T12:01:00.000Z', content: '' })
    expect(follow(read, created(gone), deleted(12, gone)).unread).toBe(0)
  })

  test('keeps what arrived after the position that was read', () => {
    const both = [created(aMessage(11)), created(aMessage(12))]
    const summary = both.reduce((now, change) => applyToSummary(now, change, me), unread)
    const position = { lastReadSeq: 11, lastReadOrdinal: 11, unread: 0 }
    expect(applyRead(summary, position).conversation.unread).toBe(1)
  })

  test('does not come back with an older read position of another tab', () => {
    const older = { lastReadSeq: 4, lastReadOrdinal: 4, unread: 9 }
    expect(applyRead(unread, older).conversation.unread).toBe(3)
  })

  test('is what the server counts after a position inside what it had counted', () => {
    const position = { lastReadSeq: 8, lastReadOrdinal: 8, unread: 1 }
    expect(applyRead(unread, position).conversation.unread).toBe(1)
  })
})

describe('a line of the list', () => {
  const summary = summarize(aConversation({ lastMessage: aMessage(10) }))

  test('shows the latest message and its edits', () => {
    const message = aMessage(11)
    const conversation = follow(summary, created(message), edited(12, message, 'better'))
    expect(conversation.lastMessage?.content).toBe('better')
  })

  test('does not show an edit of an earlier message', () => {
    expect(follow(summary, edited(11, aMessage(9), 'other')).lastMessage?.seq).toBe(10)
  })

  test('counts members', () => {
    expect(follow(summary, joined(11, bill)).memberCount).toBe(3)
  })

  test('moves up with its latest message', () => {
    const at = (createdAt: string) => aMessage(1, { createdAt })
    const older = aConversation({ id: 1, lastMessage: at('2026-11-20T10:00:00.000Z') })
    const newer = aConversation({ id: 2, lastMessage: at('2026-11-21T10:00:00.000Z') })
    expect([older, newer].toSorted(byActivity).map(({ id }) => id)).toEqual([2, 1])
  })
})
