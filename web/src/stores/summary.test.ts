import { describe, expect, test } from 'vitest'
import type { Change } from '@parley/protocol/changes'
import type { OwnPosition } from '@parley/protocol/state'
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
const aPosition = (fields: Partial<OwnPosition>): OwnPosition => ({
  ...{ lastReadSeq: 10, lastReadOrdinal: 10, unread: 0, mentions: 0, rev: 0, lastSeq: 10 },
  ...fields,
})
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
    const position = aPosition({ lastReadSeq: 11, lastReadOrdinal: 11, rev: 1, lastSeq: 11 })
    expect(applyRead(summary, position).conversation.unread).toBe(1)
  })

  test('does not come back with an older read position of another tab', () => {
    const older = aPosition({ lastReadSeq: 4, lastReadOrdinal: 4, unread: 9, rev: 1 })
    const later = summarize({ ...unread.conversation, rev: 2 })
    expect(applyRead(later, older).conversation.unread).toBe(3)
  })

  test('is what the server counts after a position inside what it had counted', () => {
    const position = aPosition({ lastReadSeq: 8, lastReadOrdinal: 8, unread: 1 })
    expect(applyRead(unread, position).conversation.unread).toBe(1)
  })

  test('grows when I mark something as unread that I had read', () => {
    const back = aPosition({ lastReadSeq: 6, lastReadOrdinal: 6, unread: 4, mentions: 1, rev: 1 })
    const { conversation } = applyRead(read, back)
    expect(conversation).toMatchObject({ unread: 4, mentions: 1, lastReadSeq: 6 })
  })
})

test('what arrived and was read counts again when I mark it as unread', () => {
  const changes = [created(aMessage(11)), created(aMessage(12))]
  const arrived = changes.reduce(
    (now, change) => applyToSummary(now, change, me),
    summarize(aConversation()),
  )
  const read = applyRead(
    arrived,
    aPosition({ lastReadSeq: 12, lastReadOrdinal: 12, rev: 1, lastSeq: 12 }),
  )
  const back = aPosition({ lastReadSeq: 11, lastReadOrdinal: 11, unread: 1, rev: 2, lastSeq: 12 })
  const after = applyRead(read, back)
  expect(after.conversation).toMatchObject({ unread: 1, lastReadSeq: 11 })
  expect(applyToSummary(after, created(aMessage(13)), me).conversation.unread).toBe(2)
})

describe('the count of mentions', () => {
  const read = summarize(aConversation())
  const toMe = aMessage(11, { mentions: [me] })

  test('goes up with a message that names me or everybody, and with no other', () => {
    expect(follow(read, created(toMe)).mentions).toBe(1)
    expect(follow(read, created(aMessage(11, { mentionsAll: true }))).mentions).toBe(1)
    expect(follow(read, created(aMessage(11, { mentions: [bill.id] }))).mentions).toBe(0)
    expect(follow(read, created({ ...toMe, user: john })).mentions).toBe(0)
  })

  test('goes down when such a message is deleted, or does not name me any more', () => {
    expect(follow(read, created(toMe), deleted(12, toMe)).mentions).toBe(0)
    expect(follow(read, created(toMe), edited(12, { ...toMe, mentions: [] }, 'x')).mentions).toBe(0)
  })

  test('is gone when I have read them', () => {
    const there = applyToSummary(read, created(toMe), me)
    const position = aPosition({ lastReadSeq: 11, lastReadOrdinal: 11, rev: 1, lastSeq: 11 })
    expect(applyRead(there, position).conversation.mentions).toBe(0)
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

test('a new name, topic and role, and archiving, are seen where the conversation is listed', () => {
  const entry = { at: '2026-11-22T12:00:00.000Z', actor: bill }
  const state = { name: 'Plans', topic: 'Next', archivedAt: entry.at }
  const now = follow(
    summarize(aConversation()),
    { type: 'conversation.changed', seq: 11, ...entry, ...state },
    { type: 'member.changed', seq: 12, ...entry, user: john, role: 'admin' },
    { type: 'member.changed', seq: 13, ...entry, user: bill, role: 'owner' },
  )
  expect(now).toMatchObject({ ...state, role: 'admin', memberCount: 2, lastSeq: 13 })
})
