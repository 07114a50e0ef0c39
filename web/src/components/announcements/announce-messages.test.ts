import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EffectScope, effectScope, nextTick, shallowRef } from 'vue'
import { useAnnouncer } from '../../stores/announcer.ts'
import { useConversations } from '../../stores/conversations.ts'
import { aConversation, aMessage, bill, created, john } from '../../stores/testing/builders.ts'
import { aPage } from '../../stores/testing/stores.ts'
import {
  applyChange,
  applyNewestPage,
  emptyTimeline,
  mergeMessage,
  type Timeline,
} from '../../stores/timeline.ts'
import { useMessageAnnouncements } from './announce-messages.ts'

let scope: EffectScope
beforeEach(() => {
  scope = effectScope()
  vi.useFakeTimers()
  aPage()
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

const opened = applyNewestPage(emptyTimeline, { messages: [aMessage(1)], more: false, lastSeq: 1 })

/** What is read out while the timeline becomes each of these, one after another. */
async function heard(...timelines: ((before: Timeline) => Timeline)[]): Promise<string[]> {
  const timeline = shallowRef(opened)
  scope.run(() => useMessageAnnouncements(7, timeline, () => true))
  for (const next of timelines) {
    timeline.value = next(timeline.value)
    await nextTick()
  }
  vi.advanceTimersByTime(1_000)
  return useAnnouncer().said.map(({ text }) => text)
}

const billWrites = (seq: number) => (before: Timeline) =>
  applyChange(before, created(aMessage(seq, { user: bill })))

test('what was there when the conversation was opened is not read out, what comes is, once', async () => {
  expect(await heard((before) => before, billWrites(2), billWrites(2))).toEqual(['bill: message 2'])
})

test('what somebody wrote just before me is read out, though the answer to me is here first', async () => {
  const answered = (before: Timeline) => mergeMessage(before, aMessage(3, { user: john }))
  expect(await heard(answered, billWrites(2))).toEqual(['bill: message 2'])
})

test('what arrives beyond a hole is read out after what was missing', async () => {
  expect(await heard(billWrites(3), billWrites(2))).toEqual(['bill: message 2', 'bill: message 3'])
})

test('what a copy lacks is not read out when the page opens, what comes after that is', async () => {
  const conversations = useConversations()
  conversations.restore([aConversation({ lastSeq: 1 })])
  const missed = (before: Timeline) => billWrites(3)(billWrites(2)(before))
  const connected = (before: Timeline) => {
    conversations.follow(7, aConversation({ lastSeq: 3 }))
    return before
  }
  expect(await heard(connected, missed, billWrites(4))).toEqual(['bill: message 4'])
})
