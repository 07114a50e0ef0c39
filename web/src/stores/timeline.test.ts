import type { Message } from '@parley/protocol/resources'
import { describe, expect, test } from 'vitest'
import { aMessage, created, deleted, edited, joined } from './testing/builders.ts'
import {
  applyChange,
  applyChanges,
  applyNewerPage,
  applyNewestPage,
  applyOlderPage,
  applyVisit,
  emptyTimeline,
  endVisit,
  hasGap,
  isLoaded,
  mergeMessage,
  startOfShown,
  type Timeline,
  trim,
  windowOf,
} from './timeline.ts'

const texts = (timeline: Parameters<typeof windowOf>[0]) =>
  windowOf(timeline).map(({ content }) => content)

const loaded = (...seqs: number[]) =>
  applyNewestPage(emptyTimeline, {
    messages: seqs.map((seq) => aMessage(seq)),
    more: true,
    lastSeq: seqs.at(-1)!,
  })

describe('a timeline', () => {
  test('shows nothing before its first page, even when messages arrive', () => {
    const timeline = applyChange(emptyTimeline, created(aMessage(5)))
    expect(isLoaded(timeline)).toBe(false)
    expect(texts(timeline)).toEqual([])
  })

  test('shows messages in the order of the line, whatever order they arrive in', () => {
    const late = applyChange(loaded(3, 4), created(aMessage(6)))
    expect(texts(applyChange(late, created(aMessage(5))))).toEqual([
      'message 3',
      'message 4',
      'message 5',
      'message 6',
    ])
  })

  test('shows a message once when it arrives twice', () => {
    const change = created(aMessage(5))
    expect(texts(applyChange(applyChange(loaded(4), change), change))).toHaveLength(2)
  })

  test('shows a message once when its reply and its publication both arrive', () => {
    const message = aMessage(5)
    const replied = mergeMessage(loaded(4), message)
    const published = applyChange(replied, created(message))
    expect(texts(published)).toHaveLength(2)
    expect(published.upTo).toBe(5)
  })

  test('keeps a live edit when an older copy comes with a page', () => {
    const message = aMessage(5)
    const live = applyChange(loaded(5), edited(6, message, 'better'))
    const page = { messages: [message], more: true, lastSeq: 5 }
    expect(texts(applyNewestPage(live, page))).toEqual(['better'])
  })

  test('remembers an edit of a message that is not loaded yet', () => {
    const old = aMessage(2)
    const live = applyChange(loaded(5), edited(6, old, 'better'))
    expect(texts(live)).toEqual(['message 5'])
    const paged = applyOlderPage(live, { messages: [old, aMessage(3)], more: false })
    expect(texts(paged)).toEqual(['better', 'message 3', 'message 5'])
  })

  test('keeps the place of a deleted message', () => {
    const timeline = applyChange(loaded(4, 5), deleted(6, aMessage(4)))
    expect(windowOf(timeline).map(({ deletedAt }) => deletedAt !== null)).toEqual([true, false])
  })

  test('reaches back to the beginning when the last page says so', () => {
    const timeline = applyOlderPage(loaded(5), { messages: [], more: false })
    expect(timeline).toMatchObject({ from: 0, more: false })
  })
})

describe('a place far from the end', () => {
  const page = (from: number, to: number, fields: object = {}) => ({
    messages: Array.from({ length: to - from + 1 }, (_, index) => aMessage(from + index)),
    ...{ more: true, newer: true, lastSeq: 91, ...fields },
  })
  const there = applyVisit(loaded(90, 91), page(40, 42))

  test('is shown instead of the end, and what arrives meanwhile is kept for later', () => {
    expect(texts(there)).toEqual(['message 40', 'message 41', 'message 42'])
    const later = applyChange(there, created(aMessage(92)))
    expect(texts(later)).toHaveLength(3)
    expect(texts(endVisit(later))).toEqual(['message 90', 'message 91', 'message 92'])
  })

  test('follows edits, and grows both ways', () => {
    const live = applyChange(there, edited(92, aMessage(41), 'better'))
    const older = applyOlderPage(live, page(38, 39, { more: false }))
    const both = applyNewerPage(older, page(43, 44))
    expect(texts(both)).toEqual([
      ...['message 38', 'message 39', 'message 40', 'better', 'message 42'],
      ...['message 43', 'message 44'],
    ])
    expect(startOfShown(both)).toMatchObject({ from: 0, more: false })
    expect(endVisit(both).from).toBe(90)
  })

  test('is one with the end as soon as they meet, without a hole', () => {
    const met = applyNewerPage(there, page(43, 90))
    expect(met.visit).toBeUndefined()
    expect(met.from).toBe(40)
    expect(texts(met)).toHaveLength(52)
    const end = applyVisit(loaded(90, 91), page(80, 91, { newer: false }))
    expect(end).toMatchObject({ from: 80, visit: undefined })
  })

  test('can be shown before the end is there', () => {
    const early = applyVisit(emptyTimeline, page(40, 42))
    expect(texts(early)).toHaveLength(3)
    const newest = { messages: [aMessage(90)], more: true, lastSeq: 90 }
    expect(texts(applyNewestPage(early, newest))).toHaveLength(3)
  })

  test('has no hole when much was written between it and the newest page', () => {
    const then = applyVisit(emptyTimeline, page(89, 91, { newer: false }))
    const newest = { messages: [aMessage(500)], more: true, lastSeq: 500 }
    const both = applyNewestPage(then, newest)
    expect(texts(both)).toEqual(['message 89', 'message 90', 'message 91'])
    const all = applyNewerPage(both, page(92, 500, { lastSeq: 500 }))
    expect(texts(all)).toHaveLength(412)
    expect(all.visit).toBeUndefined()
  })
})

describe('an answer shows what it quotes as that is now', () => {
  const question = aMessage(4)
  const quote = { id: question.id, seq: 4, user: question.user, content: 'old', deleted: false }
  const answer = aMessage(60, { replyTo: question.id, quote })
  const page = (...messages: Message[]) => ({ messages, more: true, lastSeq: 60 })
  const quoted = (timeline: Timeline) =>
    windowOf(timeline).find(({ seq }) => seq === answer.seq)!.quote
  const gone = { content: '', deleted: true }

  test('when that is shown beside it', () => {
    const before = applyNewestPage(emptyTimeline, page(question, answer))
    const after = applyChange(before, edited(61, question, 'new'))
    expect(quoted(after)).toMatchObject({ content: 'new', deleted: false })
    expect(quoted(applyChange(after, deleted(62, question)))).toMatchObject(gone)
  })

  test('when that is further up and was never loaded', () => {
    const before = applyNewestPage(emptyTimeline, page(answer))
    expect(quoted(applyChange(before, deleted(61, question)))).toMatchObject(gone)
  })

  test('when it was read before that was deleted, and arrives after', () => {
    const before = applyNewestPage(emptyTimeline, page(aMessage(70)))
    const after = applyChange(before, deleted(71, question))
    expect(quoted(applyOlderPage(after, page(question, answer)))).toMatchObject(gone)
  })
})

describe('catching up', () => {
  test('is needed when a number is skipped', () => {
    expect(hasGap(applyChange(loaded(5), created(aMessage(7))))).toBe(true)
  })

  test('is not needed when only memberships lie between', () => {
    const timeline = applyChange(loaded(5), joined(6, { id: 3, username: 'ada' }))
    expect(hasGap(applyChange(timeline, created(aMessage(7))))).toBe(false)
  })

  test('ends when the missing changes are there, however many live ones came meanwhile', () => {
    const gap = applyChange(applyChange(loaded(5), created(aMessage(8))), created(aMessage(9)))
    const changes = [created(aMessage(6)), created(aMessage(7)), created(aMessage(8))]
    const timeline = applyChanges(gap, { changes, lastSeq: 8 })
    expect(hasGap(timeline)).toBe(false)
    expect(timeline.upTo).toBe(9)
  })

  test('counts what arrived while the first page was on its way', () => {
    const early = applyChange(emptyTimeline, created(aMessage(6)))
    const page = { messages: [aMessage(5)], more: false, lastSeq: 5 }
    const timeline = applyNewestPage(early, page)
    expect(timeline.upTo).toBe(6)
    expect(texts(timeline)).toEqual(['message 5', 'message 6'])
  })
})

test('a conversation that is left keeps its newest messages and loads the rest again', () => {
  const timeline = trim(loaded(1, 2, 3, 4, 5), 2)
  expect(texts(timeline)).toEqual(['message 4', 'message 5'])
  expect(timeline).toMatchObject({ from: 4, more: true, upTo: 5 })
})
