import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../test/silent-log.ts'
import type { Subscriber } from './channel.ts'
import type { Frame } from './frame.ts'
import type { History } from './history.ts'
import { createHub, type Hub } from './hub.ts'
import { memoryBus } from './memory-bus.ts'
import type { Position, Publication } from './publication.ts'

const epoch = 'e1'
const turnsPerMs = 3
const at = (channel: string, offset: number, endsUser?: string): Publication => ({
  channel,
  position: { epoch, offset },
  data: String(offset),
  ...(endsUser !== undefined && { endsUser }),
})

/** Numbered lines that commit at once and are read and announced with random delays and losses. */
function aWorld({ loss = 0 } = {}) {
  const lines = new Map<string, Publication[]>()
  const bus = memoryBus()
  let reads = 0
  const line = (channel: string) => {
    let known = lines.get(channel)
    if (!known) lines.set(channel, (known = []))
    return known
  }
  const delay = async () => {
    const dice = Math.random()
    if (dice < 0.3) await nextTurn()
    else if (dice < 0.5) await sleep(Math.random() * 4)
  }
  const history: History = {
    kindOf: () => 'line',
    async top(channel) {
      await delay()
      const offset = line(channel).length
      await delay()
      return { epoch, offset }
    },
    async after(channel, offset, limit) {
      reads++
      await delay()
      const all = [...line(channel)]
      await delay()
      return { top: { epoch, offset: all.length }, publications: all.slice(offset, offset + limit) }
    },
    wentBack: async () => {},
  }
  const encode = () => Buffer.alloc(0)
  const hub = createHub({ bus, history, encode, log: silentLog, silenceCheckMs: 50 })
  onTestFinished(() => hub.close())
  return {
    hub,
    history,
    top: (channel: string) => line(channel).length,
    reads: () => reads,
    /** Stores the next number, and mostly tells the bus some time later. */
    commit(channel: string, endsUser?: string): number {
      const publication = at(channel, line(channel).length + 1, endsUser)
      line(channel).push(publication)
      if (Math.random() >= loss) void delay().then(() => bus.publish(publication))
      return publication.position!.offset
    },
  }
}

interface Listener extends Subscriber {
  seen: number[]
  over: boolean
  /** Would have to start anew: its channel had got too far behind. */
  wasReset: boolean
}

const aListener = (user: string): Listener => ({
  client: 'c',
  user,
  seen: [],
  over: false,
  wasReset: false,
  hears: () => true,
  deliver(frame: Frame) {
    for (const { position } of frame.publications) this.seen.push(position!.offset)
  },
  ended() {
    this.over = true
  },
  reset() {
    this.over = this.wasReset = true
  },
})

/** Joins as the gateway does, from what a snapshot showed or from an earlier position. */
async function join(
  hub: Hub,
  channel: string,
  listener: Listener,
  snapshot: () => Promise<number>,
  earlier?: number,
): Promise<number> {
  const seat = await hub.seat(channel, listener.user)
  try {
    if (earlier !== undefined && (await seat.prepare({ epoch, offset: earlier }))) {
      const missed = seat.missed({ epoch, offset: earlier })!
      listener.seen.push(...missed.map(({ position }) => position!.offset))
      seat.enter(listener, missed.at(-1)?.position ?? { epoch, offset: earlier })
      return earlier
    }
    for (;;) {
      const from: Position = { epoch, offset: await snapshot() }
      await seat.reach(from.offset)
      if (!seat.missed(from)) continue
      seat.enter(listener, from)
      return from.offset
    }
  } finally {
    seat.release()
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index + 1)

async function settled(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 5_000) throw new Error('the hub never got there')
    await sleep(2)
  }
}

type Join = typeof join

/** Many listeners join while numbers are committed: how many saw something else than they should? */
async function race(joinWith: Join, joins: number, loss = 0.02) {
  const world = aWorld({ loss })
  const channels = Array.from({ length: 40 }, (_, index) => `conversation:${index + 1}`)
  let writing = true
  const writer = (async () => {
    for (let turn = 1; writing; turn++) {
      for (const channel of channels) if (Math.random() < 0.7) world.commit(channel)
      // A channel that gets 1,000 ahead of a catch-up starts anew, which is not what is looked at here.
      await (turn % turnsPerMs === 0 ? sleep(1) : nextTurn())
    }
  })()
  const results: { channel: string; listener: Listener; from: number }[] = []
  const batch = 1_000
  for (let done = 0; done < joins; done += batch) {
    await Promise.all(
      Array.from({ length: batch }, async () => {
        await sleep(Math.random() * 20)
        const channel = channels[Math.floor(Math.random() * channels.length)]!
        const listener = aListener('1')
        const earlier =
          Math.random() < 0.5
            ? Math.max(0, world.top(channel) - Math.floor(Math.random() * 50))
            : undefined
        const snapshot = async () => (await world.history.top(channel)).offset
        const from = await joinWith(world.hub, channel, listener, snapshot, earlier)
        results.push({ channel, listener, from })
        await sleep(Math.random() * 10)
        if (done + batch < joins || Math.random() < 0.5) {
          world.hub.leave(channel, listener)
          listener.over = true
        }
      }),
    )
  }
  writing = false
  await writer
  const complete = ({ channel, listener, from }: (typeof results)[number]) =>
    listener.over || (listener.seen.at(-1) ?? from) >= world.top(channel)
  // Whoever skipped the last number never gets there: that is counted below.
  await settled(() => results.every(complete)).catch(() => {})
  const isWrong = ({ channel, listener, from }: (typeof results)[number]) => {
    const to = listener.over ? (listener.seen.at(-1) ?? from) : world.top(channel)
    return String(listener.seen) !== String(range(from, to))
  }
  return {
    wrong: results.filter(isWrong).length,
    resets: results.filter(({ listener }) => listener.wasReset).length,
  }
}

test('whoever joins while publications arrive sees each number once: 100,000 races', async () => {
  const { wrong, resets } = await race(join, 100_000)
  expect(wrong).toBe(0)
  // On a machine that stands still for a moment.
  expect(resets).toBeLessThan(500)
}, 120_000)

test('the obvious order, "read the top, then listen", doubles and skips', async () => {
  const obvious: Join = async (hub, channel, listener, snapshot) => {
    const seat = await hub.seat(channel, listener.user)
    const from = await snapshot()
    seat.enter(listener, seat.position())
    seat.release()
    return from
  }
  expect((await race(obvious, 2_000)).wrong).toBeGreaterThan(0)
}, 60_000)

test('a gap that opens while another one is filled is filled in a moment too', async () => {
  const [channel, rounds] = ['conversation:1', 10]
  const bus = memoryBus()
  const line: Publication[] = []
  let reads = 0
  const top = () => ({ epoch, offset: line.length })
  const commit = () => {
    const publication = at(channel, line.length + 1)
    line.push(publication)
    return publication
  }
  function openGap(): void {
    commit()
    bus.publish(commit())
  }
  const history: History = {
    kindOf: () => 'line',
    top: async () => top(),
    async after(_, offset, limit) {
      const answer = { top: top(), publications: line.slice(offset, offset + limit) }
      if (++reads < rounds) openGap()
      return answer
    },
    wentBack: async () => {},
  }
  const encode = () => Buffer.alloc(0)
  const hub = createHub({ bus, history, encode, log: silentLog, silenceCheckMs: 60_000 })
  onTestFinished(() => hub.close())
  const listener = aListener('1')
  await join(hub, channel, listener, async () => 0)
  const startedAt = performance.now()
  openGap()
  await settled(() => reads === rounds && listener.seen.length === line.length)
  expect(listener.seen).toEqual(range(0, 2 * rounds))
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('nobody is sent anything after the entry that removes them', async () => {
  const world = aWorld()
  const channel = 'conversation:1'
  for (let round = 0; round < 300; round++) {
    const [leaver, stayer] = [aListener('leaver'), aListener('stayer')]
    const snapshot = async () => (await world.history.top(channel)).offset
    const joins = [leaver, stayer].map((each) => join(world.hub, channel, each, snapshot))
    world.commit(channel)
    await Promise.all(joins)
    const removedAt = world.commit(channel, 'leaver')
    const last = world.commit(channel)
    await settled(() => leaver.over && stayer.seen.at(-1) === last)
    expect(leaver.seen.at(-1)).toBe(removedAt)
    world.hub.leave(channel, stayer)
  }
})

test('somebody whose right ends while they are joining learns of it', async () => {
  const world = aWorld()
  const seat = await world.hub.seat('conversation:1', 'leaver')
  world.commit('conversation:1', 'leaver')
  await settled(() => seat.ended)
  seat.release()
})

test('a thousand clients that come back with a gap cost one read of the past', async () => {
  const world = aWorld()
  const channel = 'conversation:1'
  for (let offset = 0; offset < 300; offset++) world.commit(channel)
  const listeners = Array.from({ length: 1_000 }, () => aListener('1'))
  await Promise.all(
    listeners.map((listener, index) =>
      join(world.hub, channel, listener, async () => 300, 100 + (index % 50)),
    ),
  )
  expect(listeners.every(({ seen }) => seen.at(-1) === 300)).toBe(true)
  expect(world.reads()).toBeLessThanOrEqual(1)
})

test('what the bus lost arrives with the silence check', async () => {
  const world = aWorld({ loss: 1 })
  const listener = aListener('1')
  await join(world.hub, 'conversation:1', listener, async () => 0)
  for (let offset = 0; offset < 5; offset++) world.commit('conversation:1')
  await settled(() => listener.seen.length === 5)
  expect(listener.seen).toEqual([1, 2, 3, 4, 5])
})

test('state that is published while somebody joins reaches them once, in order', async () => {
  const bus = memoryBus()
  const history: History = {
    kindOf: () => 'line',
    top: async () => ({ epoch, offset: 0 }),
    after: async () => ({ top: { epoch, offset: 0 }, publications: [] }),
    wentBack: async () => {},
  }
  const encode = () => Buffer.alloc(0)
  const hub = createHub({ bus, history, encode, log: silentLog })
  onTestFinished(() => hub.close())
  const channel = 'conversation:1'
  const seen: string[] = []
  const listener: Subscriber = {
    ...aListener('1'),
    deliver: (frame) => void seen.push(...frame.publications.map(({ data }) => data)),
  }
  const seat = await hub.seat(channel, '1')
  for (const data of ['a', 'b']) hub.publish({ channel, data })
  await nextTurn()
  hub.publish({ channel, data: 'c' })
  seat.enter(listener, { epoch, offset: 0 })
  seat.release()
  hub.publish({ channel, data: 'd' })
  await settled(() => seen.length >= 4)
  expect(seen).toEqual(['a', 'b', 'c', 'd'])
})
