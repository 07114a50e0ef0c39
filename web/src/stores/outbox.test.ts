import type { Message } from '@parley/protocol/resources'
import { describe, expect, test, vi } from 'vitest'
import { keptQueue } from '../local/kept-queue.ts'
import { memoryQueue, type Outgoing, type Queue } from '../local/queue.ts'
import { createTabs } from '../local/tabs.ts'
import { CallError } from '../realtime/call-error.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import type { Shown } from './overlay.ts'
import { aMessage, anOutgoing } from './testing/builders.ts'

interface Flight {
  outgoing: Outgoing
  arrive(): Promise<void>
  fail(error: unknown): Promise<void>
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 5))
const refusal = { code: 103, message: 'permission denied' }
const refused = new CallError(refusal.code, refusal.message, false)
const overloaded = new CallError(503, 'service unavailable', true)
const cut = { code: 2, message: 'transport closed' }

/** Each has tabs of their own: where Node has locks, all tests share them. */
let people = 0

/** One tab, or several on the same queue. */
function anOutbox({ queue = memoryQueue(), tabs = 1 }: { queue?: Queue; tabs?: number } = {}) {
  const flights: Flight[] = []
  const stored: Message[] = []
  const dropped: string[] = []
  const clock = { now: 0, epoch: 'one' }
  const shown: (readonly Shown[])[] = []
  const outboxes: Outbox[] = []
  const { exclusively } = createTabs(++people)
  const deliver = (outgoing: Outgoing) =>
    new Promise<Message>((resolve, reject) => {
      const message = aMessage(flights.length + 1, { clientKey: outgoing.clientKey })
      const after = (act: () => void) => async () => (act(), settled())
      const fail = (error: unknown) => after(() => reject(error))()
      flights.push({ outgoing, arrive: after(() => resolve(message)), fail })
    })
  for (let tab = 0; tab < tabs; tab++) {
    const tell = (id: number) =>
      outboxes.forEach((other, at) => at !== tab && void other.lookAgain(id))
    outboxes[tab] = createOutbox({
      ...{ queue, exclusively, deliver, tell, sleep: settled },
      stored: (message) => stored.push(message),
      refused: ({ clientKey }, { code }) => dropped.push(`${clientKey} ${code}`),
      changed: (_, now) => (shown[tab] = now),
      epoch: () => clock.epoch,
      now: () => clock.now,
    })
  }
  const keys = (tab = 0) => (shown[tab] ?? []).map(({ clientKey }) => clientKey)
  const sent = () => flights.map(({ outgoing }) => outgoing.clientKey)
  const [outbox] = outboxes as [Outbox]
  return {
    outbox,
    outboxes,
    queue,
    flights,
    stored,
    dropped,
    clock,
    keys,
    sent,
    shown: () => shown[0]!,
  }
}

async function online(options?: Parameters<typeof anOutbox>[0]) {
  const an = anOutbox(options)
  for (const outbox of an.outboxes) outbox.resume()
  await settled()
  return an
}

async function add({ outbox }: { outbox: Outbox }, ...keys: string[]): Promise<void> {
  await Promise.all(keys.map((key) => outbox.add(anOutgoing(key))))
  await settled()
}

describe('what I write', () => {
  test('waits while there is no connection and goes out in the order of writing', async () => {
    const an = anOutbox()
    await add(an, 'a', 'b')
    expect(an.sent()).toEqual([])
    an.outbox.resume()
    await settled()
    expect(an.sent()).toEqual(['a'])
    await an.flights[0]!.arrive()
    expect(an.sent()).toEqual(['a', 'b'])
  })

  test('is shown at once, and is said to wait only when it would survive a crash', async () => {
    const an = anOutbox()
    const adding = an.outbox.add(anOutgoing('a'))
    expect(an.shown()).toMatchObject([{ clientKey: 'a', keeping: true }])
    await adding
    expect(an.shown()[0]).not.toHaveProperty('keeping')
    expect(await an.queue.all()).toHaveLength(1)
  })

  test('does not wait for another conversation', async () => {
    const an = await online()
    await add(an, 'a')
    await an.outbox.add(anOutgoing('b', { conversationId: 8 }))
    await settled()
    expect(an.sent()).toEqual(['a', 'b'])
  })

  test('is sent again with the same key after the connection was cut', async () => {
    const an = await online()
    await add(an, 'a')
    an.outbox.pause()
    await an.flights[0]!.fail(cut)
    expect(an.keys()).toEqual(['a'])
    an.outbox.resume()
    await settled()
    expect(an.sent()).toEqual(['a', 'a'])
    await an.flights[1]!.arrive()
    expect(an.keys()).toEqual([])
    expect(an.stored).toHaveLength(1)
  })

  test('keeps its order when the server is overloaded', async () => {
    const an = await online()
    await add(an, 'a', 'b')
    await an.flights[0]!.fail(overloaded)
    await settled()
    expect(an.sent()).toEqual(['a', 'a'])
  })

  test('says why it was refused and lets the next one go', async () => {
    const an = await online()
    await add(an, 'a', 'b')
    await an.flights[0]!.fail(refused)
    expect(an.shown()[0]).toMatchObject({ clientKey: 'a', refusal })
    expect(an.sent()).toEqual(['a', 'b'])
  })

  test('a reaction that was refused is not kept, and the next one goes', async () => {
    const an = await online()
    await an.outbox.add(anOutgoing('a', { kind: 'react', messageId: 101, content: '👍' }))
    await add(an, 'b')
    await an.flights[0]!.fail(refused)
    expect(an.dropped).toEqual(['a 103'])
    expect(an.keys()).toEqual(['b'])
    expect(an.sent()).toEqual(['a', 'b'])
  })

  test('goes out again on Retry, with the same key, and is gone on Discard', async () => {
    const an = await online()
    await add(an, 'a')
    await an.flights[0]!.fail(refused)
    await an.outbox.retry(an.shown()[0]!)
    await settled()
    expect(an.sent()).toEqual(['a', 'a'])
    await an.flights[1]!.fail(refused)
    await an.outbox.discard(an.shown()[0]!)
    expect(an.keys()).toEqual([])
    expect(await an.queue.all()).toEqual([])
  })

  test('is not sent again once it turned up on the line, though its reply was lost', async () => {
    const an = await online()
    await add(an, 'a')
    await an.outbox.settle(7, 'a')
    an.outbox.pause()
    await an.flights[0]!.fail(cut)
    an.outbox.resume()
    await settled()
    expect(an.sent()).toEqual(['a'])
  })

  test('that a page left behind, the next page sends, edits and deletions in their place', async () => {
    const before = anOutbox()
    await add(before, 'a')
    await before.outbox.add(anOutgoing('b', { kind: 'edit', messageId: 101 }))
    await add(before, 'c')
    const after = await online({ queue: before.queue })
    await after.outbox.load()
    for (let flight = 0; flight < 3; flight++) {
      await settled()
      await after.flights[flight]!.arrive()
    }
    expect(after.sent()).toEqual(['a', 'b', 'c'])
  })
})

describe('in two tabs', () => {
  test('what one wrote is shown in both and sent by one of them', async () => {
    const an = await online({ tabs: 2 })
    await add(an, 'a', 'b')
    expect([an.keys(0), an.keys(1)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    await an.flights[0]!.arrive()
    await an.flights[1]!.arrive()
    expect(an.sent()).toEqual(['a', 'b'])
    expect([an.keys(0), an.keys(1)]).toEqual([[], []])
  })

  test('a tab without a connection leaves it to the other', async () => {
    const an = await online({ tabs: 2 })
    an.outbox.pause()
    await add(an, 'a')
    expect(an.sent()).toEqual(['a'])
  })
})

describe('what I sent in the last ten minutes, where the numbers went back', () => {
  async function aSent(...clientKeys: string[]) {
    const an = await online()
    for (const clientKey of clientKeys) {
      await add(an, clientKey)
      await an.flights.at(-1)!.arrive()
    }
    return an
  }

  test('is offered again with its key, in its order and before what waits', async () => {
    const an = await aSent('a', 'b')
    an.outbox.pause()
    await add(an, 'c')
    an.clock.epoch = 'two'
    await an.outbox.offerAgain(7, 'two')
    expect(an.keys()).toEqual(['a', 'b', 'c'])
    an.outbox.resume()
    await settled()
    for (let n = 2; n < 5; n++) await an.flights[n]!.arrive()
    expect(an.sent()).toEqual(['a', 'b', 'a', 'b', 'c'])
    expect(an.keys()).toEqual([])
  })

  test('is offered also by a page that was opened since', async () => {
    const { queue } = await aSent('a')
    const later = await online({ queue })
    await later.outbox.load()
    await later.outbox.offerAgain(7, 'one')
    expect(later.sent()).toEqual([])
    await later.outbox.offerAgain(7, 'two')
    await settled()
    expect(later.sent()).toEqual(['a'])
  })

  test('is offered also where it turned up on the line before its reply', async () => {
    const an = await online()
    await add(an, 'a')
    await an.outbox.settle(7, 'a')
    await an.flights[0]!.arrive()
    await an.outbox.offerAgain(7, 'two')
    await settled()
    expect(an.sent()).toEqual(['a', 'a'])
    expect(an.keys()).toEqual(['a'])
  })

  test('is not offered in another conversation, nor once it was deleted, nor later', async () => {
    const an = await aSent('a', 'b')
    await an.outbox.offerAgain(8, 'two')
    expect(an.keys()).toEqual([])
    await an.outbox.forget('b')
    an.clock.now = 10 * 60_000 - 1
    await an.outbox.offerAgain(7, 'two')
    expect(an.keys()).toEqual(['a'])
    const late = await aSent('a')
    late.clock.now = 10 * 60_000
    await late.outbox.offerAgain(7, 'two')
    expect(late.keys()).toEqual([])
  })
})

describe('on a disk without room', () => {
  const full = async () => {
    throw new DOMException('no room', 'QuotaExceededError')
  }

  /** Takes what is short, until it takes nothing. */
  function aDisk() {
    const queue = memoryQueue()
    const disk = { ...queue }
    disk.add = (outgoing) => (outgoing.content.length > 20 ? full() : queue.add(outgoing))
    vi.spyOn(console, 'error').mockReturnValue()
    const fill = () => Object.assign(disk, { add: full, change: full })
    const tidyUp = () => Object.assign(disk, queue)
    return { queue: keptQueue(disk, () => {}).queue, disk, fill, tidyUp }
  }

  test('what was written before it was full is sent once each, in the order of writing', async () => {
    const { queue, fill } = aDisk()
    const an = anOutbox({ queue })
    await add(an, 'a', 'b')
    fill()
    an.outbox.resume()
    await settled()
    for (const at of [0, 1]) await an.flights[at]!.arrive()
    await settled()
    expect(an.sent()).toEqual(['a', 'b'])
    expect(an.keys()).toEqual([])
  })

  test('a short text waits behind a long one that found no room', async () => {
    const { queue } = aDisk()
    const an = anOutbox({ queue })
    const long = an.outbox.add(anOutgoing('long', { content: 'x'.repeat(50) }))
    await Promise.all([long, an.outbox.add(anOutgoing('b')), an.outbox.add(anOutgoing('c'))])
    expect(an.keys()).toEqual(['long', 'b', 'c'])
    an.outbox.resume()
    for (const at of [0, 1, 2]) {
      await settled()
      await an.flights[at]!.arrive()
    }
    expect(an.sent()).toEqual(['long', 'b', 'c'])
  })

  test('what was done meanwhile is noted as soon as there is room again', async () => {
    const { queue, disk, fill, tidyUp } = aDisk()
    const an = await online({ queue })
    await add(an, 'a')
    fill()
    await an.flights[0]!.arrive()
    tidyUp()
    await add(an, 'b')
    await an.flights[1]!.arrive()
    expect((await disk.all()).map(({ stored }) => stored !== undefined)).toEqual([true, true])
    an.clock.epoch = 'two'
    await an.outbox.offerAgain(7, 'two')
    await settled()
    expect(an.sent()).toEqual(['a', 'b', 'a'])
  })
})
