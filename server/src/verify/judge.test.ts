import type { Change } from '@parley/protocol/changes'
import { expect, test } from 'vitest'
import type { Sent } from './action.ts'
import { Judge, type StoredLine } from './judge.ts'
import { SeenLine } from './seen-line.ts'

const user = { id: 1, username: 'ann' }
const keys = ['0', '1', '2', '3'].map((n) => `00000000-0000-4000-8000-00000000000${n}`)

const created = (seq: number, key = keys[seq]!, change: object = {}): Change => ({
  type: 'message.created',
  seq,
  at: '2026-01-01T00:00:00.000Z',
  actor: user,
  message: {
    id: 100 + seq,
    conversationId: 7,
    seq,
    ordinal: seq,
    version: seq,
    user,
    clientKey: key,
    type: 'text',
    content: `run ${key}`,
    meta: null,
    replyTo: null,
    quote: null,
    reactions: [],
    mentions: [],
    mentionsAll: false,
    pinnedAt: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    ...change,
  },
})

const lineOf = (...changes: Change[]): StoredLine => ({
  conversationId: 7,
  lastSeq: changes.at(-1)!.seq,
  changes,
})

const whole = lineOf(created(1), created(2), created(3))

const sent = (n: number, change: Partial<Sent> = {}): Sent => ({
  conversationId: 7,
  clientKey: keys[n]!,
  content: `run ${keys[n]}`,
  plannedAt: 0,
  told: { id: 100 + n, seq: n },
  expected: { content: `run ${keys[n]}`, deleted: false },
  ...change,
})

function seen(...changes: Change[]) {
  const line = new SeenLine('e', 0)
  for (const change of changes) line.take(change)
  return { username: 'bob', lines: new Map([[7, line]]) }
}

const counts = ({ verdict }: Judge) => [verdict.lost, verdict.duplicated, verdict.outOfOrder]

function onDevice(viewer: ReturnType<typeof seen>, stored = whole) {
  const judge = new Judge()
  judge.device(viewer, stored)
  return counts(judge)
}

function onLine(stored: StoredLine, written: Sent[]) {
  const judge = new Judge()
  judge.line(stored, [{ username: 'ann', written: new Map([[7, written]]) }])
  return counts(judge)
}

test('a device that saw every entry once and in order lost nothing', () => {
  expect(onDevice(seen(created(1), created(2), created(3)))).toEqual([0, 0, 0])
})

test('an entry that a device never saw is lost, at the end of the line too', () => {
  expect(onDevice(seen(created(1), created(3)))).toEqual([1, 0, 0])
  expect(onDevice(seen(created(1), created(2)))).toEqual([1, 0, 0])
  expect(onDevice({ username: 'bob', lines: new Map() })).toEqual([3, 0, 0])
})

test('an entry that came again is duplicated, one that came after a later one is out of order', () => {
  expect(onDevice(seen(created(1), created(2), created(2), created(3)))).toEqual([0, 1, 0])
  expect(onDevice(seen(created(1), created(3), created(2)))).toEqual([0, 0, 1])
})

test('another message in the place of one, and an older copy of one, are losses', () => {
  const other = created(2, keys[2], { id: 999 })
  expect(onDevice(seen(created(1), other, created(3)))).toEqual([1, 0, 0])
  const edited = { content: 'edited', version: 4, editedAt: '2026-01-01T00:00:01.000Z' }
  const stored = lineOf(created(1), created(2, keys[2], edited), created(3))
  expect(onDevice(seen(created(1), created(2), created(3)), stored)).toEqual([1, 0, 0])
})

test('a device that is ahead of the database saw what is not stored', () => {
  expect(
    onDevice(seen(created(1), created(2), created(3)), lineOf(created(1), created(2))),
  ).toEqual([1, 0, 0])
})

test('a line that holds what its author was told holds the promise', () => {
  expect(onLine(whole, [sent(1), sent(2), sent(3)])).toEqual([0, 0, 0])
})

test('a message that was never answered may be stored or not, but not twice', () => {
  const { told: _, ...unanswered } = sent(2)
  expect(onLine(whole, [sent(1), unanswered, sent(3)])).toEqual([0, 0, 0])
  const without = { ...lineOf(created(1)), lastSeq: 1 }
  expect(onLine(without, [sent(1), unanswered])).toEqual([0, 0, 0])
  const twice = lineOf(created(1), created(2), created(3, keys[2]))
  expect(onLine(twice, [sent(1), unanswered])).toEqual([0, 1, 0])
})

test('a text that is stored again under another key is a duplicate', () => {
  const other = 'ffffffff-0000-4000-8000-000000000000'
  const again = lineOf(created(1), created(2, other, { content: `run ${keys[1]}` }))
  expect(onLine(again, [sent(1)])).toEqual([0, 1, 0])
})

test('an answered message that is not stored is lost, as is one stored under another number', () => {
  expect(onLine(lineOf(created(1)), [sent(1), sent(2)])).toEqual([1, 0, 0])
  expect(onLine(whole, [sent(1, { told: { id: 101, seq: 2 } })])).toEqual([1, 0, 0])
})

test('an author whose messages changed places, and a line with a hole, are found', () => {
  const swapped = [sent(2), sent(1), sent(3)]
  expect(onLine(whole, swapped)).toEqual([0, 0, 1])
  expect(onLine(lineOf(created(1), created(3)), [sent(1), sent(3)])).toEqual([1, 0, 1])
})

test('an answered edit or deletion that is not stored is lost', () => {
  const edited = sent(2, { expected: { content: 'edited', deleted: false } })
  const deleted = sent(3, { expected: { content: '', deleted: true } })
  expect(onLine(whole, [sent(1), edited, deleted])).toEqual([2, 0, 0])
  const unknown = sent(2, { expected: undefined })
  expect(onLine(whole, [sent(1), unknown, sent(3)])).toEqual([0, 0, 0])
})
