import { describe, expect, test } from 'vitest'
import type { Message } from '@parley/protocol/resources'
import { CallError } from '../realtime/call-error.ts'
import { aMessage, anOutgoing } from './testing/builders.ts'
import { createOutbox, type Outgoing } from './outbox.ts'

interface Flight {
  outgoing: Outgoing
  arrive(): Promise<void>
  fail(error: unknown): Promise<void>
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
const refusal = new CallError(103, 'permission denied', false)
const overloaded = new CallError(503, 'service unavailable', true)
const cut = { code: 2, message: 'transport closed' }

function anOutbox() {
  const flights: Flight[] = []
  const stored: Message[] = []
  const clock = { now: 0 }
  let queue: readonly Outgoing[] = []
  const outbox = createOutbox({
    send: (outgoing) =>
      new Promise((resolve, reject) => {
        const message = aMessage(flights.length + 1, { clientKey: outgoing.clientKey })
        const after = (act: () => void) => async () => (act(), settled())
        const fail = (error: unknown) => after(() => reject(error))()
        flights.push({ outgoing, arrive: after(() => resolve(message)), fail })
      }),
    stored: (message) => stored.push(message),
    changed: (_, now) => (queue = now),
    sleep: settled,
    now: () => clock.now,
  })
  const keys = () => queue.map(({ clientKey }) => clientKey)
  const sent = () => flights.map(({ outgoing }) => outgoing.clientKey)
  return { outbox, flights, stored, clock, keys, sent, queue: () => queue }
}

describe('what I write', () => {
  test('waits while there is no connection and goes out in the order of writing', async () => {
    const { outbox, flights, sent } = anOutbox()
    outbox.add(anOutgoing('a'))
    outbox.add(anOutgoing('b'))
    expect(sent()).toEqual([])
    outbox.resume()
    expect(sent()).toEqual(['a'])
    await flights[0]!.arrive()
    expect(sent()).toEqual(['a', 'b'])
  })

  test('does not wait for another conversation', () => {
    const { outbox, sent } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.add(anOutgoing('b', { conversationId: 8 }))
    expect(sent()).toEqual(['a', 'b'])
  })

  test('is sent again with the same key after the connection was cut', async () => {
    const { outbox, flights, sent, keys, stored } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.pause()
    await flights[0]!.fail(cut)
    expect(keys()).toEqual(['a'])
    outbox.resume()
    await settled()
    expect(sent()).toEqual(['a', 'a'])
    await flights[1]!.arrive()
    expect(keys()).toEqual([])
    expect(stored).toHaveLength(1)
  })

  test('keeps its order when the server is overloaded', async () => {
    const { outbox, flights, sent } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.add(anOutgoing('b'))
    await flights[0]!.fail(overloaded)
    await settled()
    expect(sent()).toEqual(['a', 'a'])
  })

  test('says why it was refused and lets the next one go', async () => {
    const { outbox, flights, sent, queue } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.add(anOutgoing('b'))
    await flights[0]!.fail(refusal)
    expect(queue()[0]).toMatchObject({ clientKey: 'a', refusal })
    expect(sent()).toEqual(['a', 'b'])
  })

  test('goes out again on Retry, with the same key, and is gone on Discard', async () => {
    const { outbox, flights, sent, keys, queue } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    await flights[0]!.fail(refusal)
    outbox.retry(queue()[0]!)
    expect(sent()).toEqual(['a', 'a'])
    await flights[1]!.fail(refusal)
    outbox.discard(queue()[0]!)
    expect(keys()).toEqual([])
  })

  test('is not sent again once it turned up on the line, though its reply was lost', async () => {
    const { outbox, flights, sent } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.settle(7, 'a')
    outbox.pause()
    await flights[0]!.fail(cut)
    outbox.resume()
    await settled()
    expect(sent()).toEqual(['a'])
  })
})

describe('what I sent in the last ten minutes, where the numbers went back', () => {
  async function aSent(...clientKeys: string[]) {
    const an = anOutbox()
    an.outbox.resume()
    for (const clientKey of clientKeys) {
      an.outbox.add(anOutgoing(clientKey))
      await an.flights.at(-1)!.arrive()
    }
    return an
  }

  test('is offered again with its key, in its order and before what waits', async () => {
    const { outbox, flights, sent, keys } = await aSent('a', 'b')
    outbox.pause()
    outbox.add(anOutgoing('c'))
    outbox.offerAgain(7)
    expect(keys()).toEqual(['a', 'b', 'c'])
    outbox.resume()
    for (let n = 2; n < 5; n++) await flights[n]!.arrive()
    expect(sent()).toEqual(['a', 'b', 'a', 'b', 'c'])
    expect(keys()).toEqual([])
  })

  test('is offered also where it turned up on the line before its reply', async () => {
    const { outbox, flights, sent, keys } = anOutbox()
    outbox.resume()
    outbox.add(anOutgoing('a'))
    outbox.settle(7, 'a')
    await flights[0]!.arrive()
    outbox.offerAgain(7)
    expect(sent()).toEqual(['a', 'a'])
    expect(keys()).toEqual(['a'])
  })

  test('is not offered in another conversation, nor once it was deleted, nor later', async () => {
    const { outbox, clock, keys } = await aSent('a', 'b')
    outbox.offerAgain(8)
    expect(keys()).toEqual([])
    outbox.forget('b')
    clock.now = 10 * 60_000 - 1
    outbox.offerAgain(7)
    expect(keys()).toEqual(['a'])
    const late = await aSent('a')
    late.clock.now = 10 * 60_000
    late.outbox.offerAgain(7)
    expect(late.keys()).toEqual([])
  })
})
