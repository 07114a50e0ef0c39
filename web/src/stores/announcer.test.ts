import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useAnnouncer } from './announcer.ts'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
})
afterEach(() => vi.useRealTimers())

const texts = () => useAnnouncer().said.map(({ text }) => text)

test('messages that come close together are read out together', () => {
  const { message, say } = useAnnouncer()
  message({ id: 1, author: 'bill', text: 'hello' })
  say('Connected again')
  expect(texts()).toEqual([])
  vi.advanceTimersByTime(700)
  expect(texts()).toEqual(['bill: hello', 'Connected again'])
})

test('many messages are counted, with their authors', () => {
  const { message } = useAnnouncer()
  for (const author of ['bill', 'anna', 'bill', 'bill']) message({ id: 1, author, text: 'hello' })
  vi.advanceTimersByTime(700)
  expect(texts()).toEqual(['4 new messages from bill, anna'])
})

test('a message that is deleted is not read out, and gone from the page', () => {
  const { message, forget } = useAnnouncer()
  message({ id: 1, author: 'bill', text: 'too early' })
  message({ id: 2, author: 'bill', text: 'too late' })
  forget(1)
  vi.advanceTimersByTime(700)
  expect(texts()).toEqual(['bill: too late'])
  forget(2)
  expect(texts()).toEqual([])
})

test('what was said is gone after a while, and the same may be said again', () => {
  const { say } = useAnnouncer()
  say('Connection lost')
  vi.advanceTimersByTime(700)
  const [{ id } = { id: 0 }] = useAnnouncer().said
  vi.advanceTimersByTime(11_000)
  expect(texts()).toEqual([])
  say('Connection lost')
  vi.advanceTimersByTime(700)
  expect(useAnnouncer().said[0]!.id).toBeGreaterThan(id)
})
