import { beforeEach, describe, expect, test, vi } from 'vitest'
import { useConversations } from './conversations.ts'
import { useDrafts } from './drafts.ts'
import { useSidebar } from './sidebar.ts'
import { aConversation, aMessage, bill } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'

const at = (minute: number) => ({
  lastMessage: aMessage(10, { createdAt: `2026-11-22T12:0${minute}:00.000Z` }),
})

beforeEach(() => {
  vi.stubGlobal('document', { addEventListener() {} })
  vi.stubGlobal('addEventListener', () => {})
  aPage()
  const direct = { kind: 'direct' as const, people: [bill], name: 'john, bill' }
  const all = [
    aConversation({ id: 1, ...at(1), unread: 2 }),
    aConversation({ id: 2, ...at(2), favourite: true }),
    aConversation({ id: 3, ...at(3), ...direct }),
    aConversation({ id: 7, ...direct, lastMessage: null, lastSeq: 1, lastOrdinal: 0 }),
    aConversation({ id: 4, ...at(4), muted: true, unread: 5 }),
    aConversation({ id: 5, ...at(5), archivedAt: '2026-11-22T12:00:00.000Z' }),
    aConversation({ id: 6, ...at(6), unread: 1, mentions: 1 }),
  ]
  for (const one of all) useConversations().follow(one.id, one)
})

const ids = () =>
  useSidebar().sections.map(({ key, conversations }) => [key, conversations.map(({ id }) => id)])
const walk = (from: number | undefined, step: 1 | -1, unread?: boolean) =>
  useSidebar().neighbour(from, step, unread)?.id

describe('the list beside the conversations', () => {
  test('has sections, and in each the latest first', () => {
    expect(ids()).toEqual([
      ['favourites', [2]],
      ['conversations', [6, 4, 1]],
      ['direct', [3]],
      ['archived', [5]],
    ])
  })

  test('shows a direct conversation once something was written in it, or begun by me', () => {
    const isThere = () => useSidebar().ordered.some(({ id }) => id === 7)
    expect(isThere()).toBe(false)
    useDrafts().set(7, 'hello')
    expect(isThere()).toBe(true)
    useDrafts().set(7, '')
    expect(isThere()).toBe(false)
    useConversations().follow(7, aConversation({ id: 7, kind: 'direct', people: [bill], ...at(7) }))
    expect(isThere()).toBe(true)
  })

  test('a section is folded and unfolded', () => {
    const folded = () =>
      useSidebar()
        .sections.filter((one) => one.folded)
        .map(({ key }) => key)
    expect(folded()).toEqual(['archived'])
    useSidebar().toggle('direct')
    useSidebar().toggle('archived')
    expect(folded()).toEqual(['direct'])
  })

  test('is walked as it stands on the screen, round in a circle', () => {
    expect([walk(2, 1), walk(6, 1), walk(5, 1), walk(2, -1)]).toEqual([6, 4, 2, 5])
    expect([walk(undefined, 1), walk(undefined, -1)]).toEqual([2, 5])
  })

  test('is walked by what asks for me: not by what is muted, nor where I am', () => {
    expect([walk(2, 1, true), walk(6, 1, true), walk(1, 1, true)]).toEqual([6, 1, 6])
    expect(walk(6, -1, true)).toBe(1)
  })

  test('what is muted does not count, but for what mentions me', () => {
    expect(useConversations().unread).toBe(3)
    expect(useConversations().addressed).toBe(1)
  })
})
