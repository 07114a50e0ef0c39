import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EffectScope, effectScope, nextTick } from 'vue'
import { useConversations } from '../../stores/conversations.ts'
import { useLeftUnread } from '../../stores/left-unread.ts'
import { aConversation } from '../../stores/testing/builders.ts'
import { aPage } from '../../stores/testing/stores.ts'
import { useUnreadLine } from './unread-line.ts'

let scope: EffectScope
beforeEach(() => {
  scope = effectScope()
  aPage()
})
afterEach(() => scope.stop())

const id = 7
const missed = aConversation({ lastSeq: 15, lastReadSeq: 10, unread: 5 })

/** Somebody opens a page that knows what an earlier one kept. */
function openFromCopy() {
  useConversations().restore([aConversation({ lastSeq: 10, lastReadSeq: 10 })])
  const line = scope.run(() => useUnreadLine(id))!
  line.draw()
  return line
}

test('a page that opens from its copy shows where the new messages begin, once the server has said', async () => {
  const line = openFromCopy()
  expect(line.readUpTo.value).toBeUndefined()
  useConversations().follow(id, missed)
  await nextTick()
  expect([line.readUpTo.value, line.unread.value]).toEqual([10, 5])
})

test('a cut does not move the line', async () => {
  const line = openFromCopy()
  useConversations().follow(id, missed)
  await nextTick()
  useConversations().follow(id, { ...missed, lastSeq: 20, lastReadSeq: 15, rev: 1 })
  await nextTick()
  expect(line.readUpTo.value).toBe(10)
})

test('what I marked as unread meanwhile is where the line stays', async () => {
  const line = openFromCopy()
  useLeftUnread().leave(id, 4)
  await nextTick()
  useConversations().follow(id, missed)
  await nextTick()
  expect(line.readUpTo.value).toBe(3)
})

test('what another page marks as unread is left unread here, until somebody goes to the end again', async () => {
  const line = openFromCopy()
  const conversations = useConversations()
  conversations.follow(id, aConversation())
  const position = { lastReadSeq: 4, lastReadOrdinal: 4, unread: 6, mentions: 0, lastSeq: 10 }
  conversations.read(id, { ...position, rev: 1 })
  expect(useLeftUnread().at(id)).toBe(5)
  await nextTick()
  expect(line.readUpTo.value).toBe(4)
  useLeftUnread().readAgain(id)
  conversations.read(id, { ...position, lastReadSeq: 10, lastReadOrdinal: 10, unread: 0, rev: 2 })
  conversations.read(id, { ...position, rev: 1 })
  expect(useLeftUnread().at(id)).toBeUndefined()
})

test('what the phone marked as unread before this page opened does not keep it from being read', () => {
  useConversations().restore([aConversation()])
  useConversations().follow(id, aConversation({ lastReadSeq: 4, unread: 6, rev: 1 }))
  expect(useLeftUnread().at(id)).toBeUndefined()
})
