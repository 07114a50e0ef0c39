import { describe, expect, test } from 'vitest'
import type { Connection } from '../realtime/connection.ts'
import { CallError } from '../realtime/call-error.ts'
import { aMessage, created } from './testing/builders.ts'
import { createCatchUp } from './catch-up.ts'
import { applyChange, emptyTimeline, type Timeline, windowOf } from './timeline.ts'

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** A server with messages 1 to `last`, of which the newest page shows three. */
function aConversationWith(last: number) {
  const calls: string[] = []
  const epochs: string[] = []
  const server = { last, epoch: 'one', failures: 0 }
  const line = () => Array.from({ length: server.last }, (_, index) => aMessage(index + 1))
  let timeline: Timeline = emptyTimeline
  const call = async (name: string, input: { after?: number; epoch?: string }) => {
    calls.push(name)
    if (server.failures-- > 0) throw new CallError(2, 'transport closed', true)
    if (name === 'messages.list') {
      return { messages: line().slice(-3), more: true, lastSeq: server.last }
    }
    const reset = input.epoch !== undefined && input.epoch !== server.epoch
    const changes = line().slice(input.after).map(created)
    return { changes: reset ? [] : changes, lastSeq: server.last, epoch: server.epoch, reset }
  }
  const catchUp = createCatchUp({
    call: call as Connection['call'],
    timeline: () => timeline,
    put: (_, next) => (timeline = next),
    numbered: (_, epoch) => epochs.push(epoch),
    sleep: settled,
  })
  const shown = () => windowOf(timeline).map(({ seq }) => seq)
  const arrive = (seq: number) => (timeline = applyChange(timeline, created(aMessage(seq))))
  return { catchUp, server, calls, epochs, shown, arrive }
}

describe('an open conversation', () => {
  test('shows what was missed while the connection was gone', async () => {
    const { catchUp, server, shown } = aConversationWith(5)
    await catchUp.start(7)
    server.last = 8
    catchUp.subscribed(7, 'one', false)
    await settled()
    expect(shown()).toEqual([3, 4, 5, 6, 7, 8])
  })

  test('asks for nothing when the server recovered everything', async () => {
    const { catchUp, calls } = aConversationWith(5)
    await catchUp.start(7)
    catchUp.subscribed(7, 'one', true)
    await settled()
    expect(calls).toEqual(['messages.list'])
  })

  test('tries again when the connection is lost once more', async () => {
    const { catchUp, server, shown } = aConversationWith(5)
    server.failures = 2
    await catchUp.start(7)
    expect(shown()).toEqual([3, 4, 5])
  })

  test('starts anew with the newest page when the numbers are others', async () => {
    const { catchUp, server, calls, epochs, shown } = aConversationWith(9)
    catchUp.subscribed(7, 'one', false)
    await catchUp.start(7)
    Object.assign(server, { last: 4, epoch: 'two' })
    catchUp.subscribed(7, 'two', false)
    await settled()
    expect(shown()).toEqual([2, 3, 4])
    expect(calls).toEqual(['messages.list', 'messages.list'])
    expect(epochs).toEqual(['one', 'two'])
  })

  test('drops what was on its way when the numbers became others', async () => {
    const { catchUp, server, shown } = aConversationWith(9)
    catchUp.subscribed(7, 'one', false)
    const loading = catchUp.start(7)
    Object.assign(server, { last: 4, epoch: 'two' })
    catchUp.subscribed(7, 'two', false)
    await loading
    expect(shown()).toEqual([2, 3, 4])
  })

  test('takes the newest page when too much was missed', async () => {
    const { catchUp, server, shown } = aConversationWith(5)
    await catchUp.start(7)
    server.last = 5_000
    catchUp.subscribed(7, 'one', false)
    await settled()
    expect(shown()).toEqual([4_998, 4_999, 5_000])
  })

  test('fills a hole before a message that came too early', async () => {
    const { catchUp, server, shown, arrive } = aConversationWith(5)
    await catchUp.start(7)
    server.last = 7
    arrive(7)
    await catchUp.start(7)
    expect(shown()).toEqual([3, 4, 5, 6, 7])
  })
})

test('a conversation that was never opened is not loaded when its numbers become others', async () => {
  const { catchUp, calls, epochs } = aConversationWith(5)
  catchUp.subscribed(7, 'one', false)
  catchUp.subscribed(7, 'two', false)
  await settled()
  expect(calls).toEqual([])
  expect(epochs).toEqual(['one', 'two'])
})
