import { expect, test } from 'vitest'
import { memoryBus } from '../../delivery/memory-bus.ts'
import { createChannelClients } from '../../delivery/channel-clients.ts'
import { noMetrics } from '../../metrics.ts'
import type { History } from '../../delivery/history.ts'
import { createHub } from '../../delivery/hub.ts'
import { createDispatch } from '../dispatch.ts'
import { Disconnect } from '../disconnect.ts'
import type { Form } from './codec.ts'
import { codecs, encodePublications } from './codecs.ts'
import * as bytes from './testing/mutated-bytes.ts'
import * as texts from './testing/mutated-texts.ts'
import { decodeReplies } from '../../../test/protobuf.ts'
import type { Rules } from '../rules.ts'
import { Session, type Socket } from '../session.ts'

const seed = Number(process.env.FUZZ_SEED ?? 20_260_101)
console.log(`codec fuzz: seed ${seed}; FUZZ_SEED=… takes another one`)

const inText = (good: string[], start: number) => {
  const next = texts.mutatedTexts(good, start)
  return () => Buffer.from(next())
}

const forms: Record<
  Form,
  {
    count: number
    calls: Buffer[]
    everything: (start: number) => () => Buffer
    mutatedCalls: (start: number) => () => Buffer
    connect: Buffer
    check(payload: Buffer): void
  }
> = {
  json: {
    count: 300_000,
    calls: texts.calls.map((text) => Buffer.from(text)),
    everything: (start) => inText(texts.everything, start),
    mutatedCalls: (start) => inText(texts.calls, start),
    connect: Buffer.from('{"id":1,"connect":{}}'),
    check: (payload) =>
      payload
        .toString()
        .split('\n')
        .forEach((line) => JSON.parse(line)),
  },
  protobuf: {
    count: 300_000,
    calls: bytes.calls,
    everything: (start) => bytes.mutatedBytes(bytes.everything, start),
    mutatedCalls: (start) => bytes.mutatedBytes(bytes.calls, start),
    connect: Buffer.from([4, 8, 1, 0x22, 0]),
    check: (payload) => void decodeReplies(payload),
  },
}
const both = Object.keys(forms) as Form[]

test.each(both)(
  'mutated frames of the %s form are decoded, or end the connection as bad requests, and nothing of them stays',
  (form) => {
    const { count, everything } = forms[form]
    const next = everything(seed)
    const counts = { decoded: 0, refused: 0 }
    const heapAt = (): number => process.memoryUsage().heapUsed
    let most = 0
    const before = heapAt()
    for (let n = 0; n < count; n++) {
      const frame = next()
      try {
        for (const { id, name } of codecs[form].decode(frame))
          if (typeof id !== 'number' || typeof name !== 'string') throw new Error('no command')
        counts.decoded++
      } catch (error) {
        if (!(error instanceof Disconnect)) throw new Error(frame.toString('hex'), { cause: error })
        counts.refused++
      }
      if (n % 10_000 === 0) most = Math.max(most, heapAt())
    }
    // Both kinds, or the mutations are too weak or too strong to say anything.
    expect(Math.min(counts.decoded, counts.refused)).toBeGreaterThan(count / 50)
    expect((most - before) / 2 ** 20).toBeLessThan(200)
  },
  120_000,
)

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
    recheck: async () => ({ now: ['chat'], later: [] }),
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
    calm: async () => {},
    register() {},
    watch: async () => {},
    connected() {},
    expireAt() {},
  }
  return { context, hub, bugs }
}

/** Checks that what is written are replies in whole frames, and nothing after the end. */
class StrictSocket implements Socket {
  readonly bufferedBytes = 0
  code = 0
  written = 0
  readonly #check: (payload: Buffer) => void

  constructor(check: (payload: Buffer) => void) {
    this.#check = check
  }

  write(frame: Buffer): void {
    if (this.code) throw new Error('written after the end')
    const header = frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10
    this.#check(frame.subarray(header))
    this.written++
  }

  close(code: number): void {
    if (this.code) throw new Error('closed twice')
    this.code = code
  }

  pause(): void {}
  resume(): void {}
}

test.each(both)(
  'mutated frames of the %s form through whole sessions are answered or end them with a code, and nothing is left behind',
  async (form) => {
    const { calls, mutatedCalls, connect, check } = forms[form]
    const { context, hub, bugs } = aGateway()
    const next = mutatedCalls(seed + 1)
    const codes = new Map<number, number>()
    let written = 0
    for (let n = 0; n < 5_000; n++) {
      const socket = new StrictSocket(check)
      const options = {
        codec: codecs[form],
        onReset() {},
        onExcess() {},
      }
      const session = new Session(
        socket,
        { cookie: undefined, origin: undefined, host: undefined },
        options,
      )
      const take = createDispatch(context, session)
      if (n % 10) take(connect)
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
  },
  120_000,
)
