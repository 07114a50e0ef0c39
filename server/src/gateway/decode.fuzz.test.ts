import { describe, expect, test } from 'vitest'
import { memoryBus } from '../delivery/memory-bus.ts'
import { createChannelClients } from '../delivery/channel-clients.ts'
import { noMetrics } from '../metrics.ts'
import type { History } from '../delivery/history.ts'
import { createHub } from '../delivery/hub.ts'
import { decodeFrame } from './decode.ts'
import { createDispatch } from './dispatch.ts'
import { Disconnect } from './disconnect.ts'
import { encodePublications } from './encode.ts'
import type { Rules } from './rules.ts'
import { Session, type Socket } from './session.ts'

const frames = 300_000
const seed = Number(process.env.FUZZ_SEED ?? 20_260_101)
console.log(`decode.fuzz: seed ${seed}; FUZZ_SEED=… takes another one`)

/** What a session answers, and stays. */
const calls = [
  '{"id":2,"subscribe":{"channel":"conversation:1","recover":true,"epoch":"e","offset":12}}',
  '{"id":3,"unsubscribe":{"channel":"conversation:1"}}\n{"id":4,"presence":{"channel":"chat"}}',
  '{"id":5,"history":{"channel":"chat","limit":10,"since":{"offset":1,"epoch":"e"},"reverse":true}}',
  '{"id":6,"rpc":{"method":"messages.send","data":{"conversationId":1,"content":"h\\u00e9\\ud83d\\ude00"}}}',
  '{"id":7,"publish":{"channel":"chat","data":[1,2.5e3,null,true,{"a":"b"}]}}\n',
  '{"id":8,"sub_refresh":{"channel":"chat"}}\n{"id":4294967295,"presence_stats":{"channel":"é"}}',
]
const everything = [
  ...calls,
  '{"id":1,"connect":{"token":"a.b.c","data":{"authToken":"x"},"subs":{"chat":{"recover":true,"epoch":"e","offset":7}}}}',
  '{"id":8,"refresh":{"token":"x"}}\n{"id":9,"sub_refresh":{"channel":"chat","token":"x"}}\n{}',
  '{"send":{"data":{}}}',
]
const grafts = [
  '{}',
  '[]',
  '""',
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '4294967296',
  '"__proto__":{}',
  '"id":0',
  '"constructor"',
  '\0',
  '\ud800',
  '\u2028',
  '\n',
  '\n\n',
  '\\u0000',
  '\\ud800',
  '{"a":',
  '[[[[[[[[',
  '}}',
  '"',
]

const values = ['1', '"x"', 'null', '{}', '[]', 'true', '-1', '1.5', '""', '[{"a":{}}]', '9e15']

/** xorshift32: the same frames for the same seed, everywhere. */
function randomFrom(start: number): (below: number) => number {
  let state = start | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A good frame with something done to it, mostly once. */
function mutatedFrames(good: string[], start: number): () => string {
  const random = randomFrom(start)
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)]!
  const steps: ((text: string, at: number) => string)[] = [
    (text, at) => text.slice(0, at),
    (text, at) => text.slice(at),
    (text, at) => text.slice(0, at) + pick(grafts) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(grafts) + text.slice(at + random(12)),
    (text, at) => text.slice(0, at) + String.fromCharCode(random(0x10000)) + text.slice(at + 1),
    (text, at) =>
      text.slice(0, at) + text.slice(at, at + random(40)).repeat(1 + random(20)) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(good) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(['[', '{"a":']).repeat(random(200)) + text.slice(at),
    (text) => text.replace(pick([/"\w+":/, /\d+/, /"[^"]*"/, /[{}[\]]/]), () => pick(grafts)),
  ]
  return () => {
    // Half of them stay JSON and keep their first id: what they ask is odd.
    if (random(2)) return otherValue(pick(good), 2 + random(6), pick(values))
    let text = pick(good)
    for (let step = random(4) ? 1 : 1 + random(8); step > 0; step--)
      text = pick(steps)(text, random(text.length + 1)).slice(0, 16_384)
    return text
  }
}

/** Gives the nth field another value, so that the frame stays JSON. */
function otherValue(text: string, nth: number, value: string): string {
  let count = 0
  return text.replaceAll(/:("[^"]*"|[\d.e]+|true|null)/g, (old) =>
    ++count === nth ? `:${value}` : old,
  )
}

describe(`${frames} mutated frames`, () => {
  test('are decoded, or end the connection as bad requests, and nothing of them stays', () => {
    const next = mutatedFrames(everything, seed)
    const counts = { decoded: 0, refused: 0 }
    const heapAt = (): number => process.memoryUsage().heapUsed
    let most = 0
    const before = heapAt()
    for (let n = 0; n < frames; n++) {
      const frame = next()
      try {
        for (const { id, name } of decodeFrame(frame))
          if (typeof id !== 'number' || typeof name !== 'string') throw new Error('no command')
        counts.decoded++
      } catch (error) {
        if (!(error instanceof Disconnect)) throw new Error(JSON.stringify(frame), { cause: error })
        counts.refused++
      }
      if (n % 10_000 === 0) most = Math.max(most, heapAt())
    }
    // Both kinds, or the mutations are too weak or too strong to say anything.
    expect(Math.min(counts.decoded, counts.refused)).toBeGreaterThan(frames / 50)
    expect((most - before) / 2 ** 20).toBeLessThan(200)
  }, 120_000)
})

/** Everything is allowed, and everything is there. */
function aGateway() {
  const top = { epoch: 'e', offset: 12 }
  const history: History = {
    kindOf: (channel) => (channel === 'chat' ? 'log' : channel.startsWith('c') ? 'line' : 'plain'),
    top: async () => top,
    after: async () => ({ top, publications: [] }),
    wentBack: async () => {},
  }
  const rules: Rules = {
    connect: async () => ({ identity: { user: '1' }, data: {} }),
    recheck: async () => ['chat'],
    screens: async () => new Map(),
    states: async () => new Map(),
    subscribe: async () => {},
    publish: async () => {},
    rpc: async (_identity, _method, data) => ({ data: data ?? null }),
    refresh: async () => ({}),
    changedUsers: async () => new Set(),
  }
  const bugs: unknown[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (fields: object) => void bugs.push(fields),
  }
  const bus = memoryBus()
  const hub = createHub({ bus, history, encode: encodePublications, log })
  const context = {
    hub,
    history,
    rules,
    log,
    clients: createChannelClients({ bus, hub, otherNodes: () => 0 }),
    metrics: noMetrics,
    version: 'fuzz',
    pingIntervalMs: 25_000,
    register() {},
    connected() {},
    expireAt() {},
  }
  return { context, hub, bugs }
}

/** Checks that what is written are JSON replies in whole frames, and nothing after the end. */
class StrictSocket implements Socket {
  readonly bufferedBytes = 0
  code = 0
  written = 0

  write(frame: Buffer): void {
    if (this.code) throw new Error('written after the end')
    const header = frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10
    for (const line of frame.toString('utf8', header).split('\n')) JSON.parse(line)
    this.written++
  }

  close(code: number): void {
    if (this.code) throw new Error('closed twice')
    this.code = code
  }

  pause(): void {}
  resume(): void {}
}

test('mutated frames through whole sessions are answered or end them with a code, and nothing is left behind', async () => {
  const { context, hub, bugs } = aGateway()
  const next = mutatedFrames(calls, seed + 1)
  const codes = new Map<number, number>()
  let written = 0
  for (let n = 0; n < 5_000; n++) {
    const socket = new StrictSocket()
    const options = { bufferedMaxBytes: 2 ** 20, onReset() {} }
    const session = new Session(
      socket,
      { cookie: undefined, origin: undefined, host: undefined },
      options,
    )
    const take = createDispatch(context, session)
    if (n % 10) take('{"id":1,"connect":{}}')
    for (let frame = 0; frame < 5 && !session.closed; frame++) {
      if (frame % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      take(frame % 2 ? next() : calls[(n + frame) % calls.length]!)
    }
    while (session.inFlight > 0) await new Promise((resolve) => setImmediate(resolve))
    codes.set(socket.code, (codes.get(socket.code) ?? 0) + 1)
    written += socket.written
    session.state = 'closed'
    for (const [channel] of session.subscriptions) hub.leave(channel, session)
  }
  expect(bugs).toEqual([])
  expect([...codes.keys()].filter((code) => ![0, 3501, 3508].includes(code))).toEqual([])
  expect(codes.get(0)).toBeGreaterThan(0)
  expect(written).toBeGreaterThan(3_000)
  expect(hub.counts().subscriptions).toBe(0)
  hub.close()
}, 120_000)
