import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** The same in all processes, with fractions. */
const nowMs = (): number => performance.timeOrigin + performance.now()

/** What is published to them: as much as a short message. */
export const payload = () => ({
  type: 'message.created',
  sentAtMs: nowMs(),
  seq: 1,
  actor: { id: 1, username: 'john' },
  message: { id: 1, conversationId: 1, content: 'x'.repeat(80), user: { id: 1, username: 'john' } },
})

/** What a subscriber says and hears; publications are looked for by their marks, not parsed. */
const forms = {
  json: {
    hello: (channel: string) =>
      `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${channel}"}}`,
    ping: '{}',
    mark: () => Buffer.from('"pub":{'),
  },
  protobuf: {
    hello: (channel: string) =>
      Buffer.concat([
        Buffer.from([4, 8, 1, 0x22, 0]),
        Buffer.from([6 + channel.length, 8, 2, 0x2a, 2 + channel.length, 0x0a, channel.length]),
        Buffer.from(channel),
      ]),
    ping: Buffer.of(0),
    // The channel of a push, and after it a publication.
    mark: (channel: string) =>
      Buffer.concat([Buffer.from([0x12, channel.length]), Buffer.from(channel), Buffer.of(34)]),
  },
} as const
export type Form = keyof typeof forms

interface Wanted {
  port: number
  form?: Form
  subscribers: number
  /** The subscribers are spread over so many channels, `conversation:1` and on. */
  rooms?: number
}

/** Sorted ascending. */
export interface Heard {
  received: number
  tookMs: number[]
}

/** So many of the subscribers, spread over all of them, measure how long messages take. */
const clocks = 20

/** Subscribers in a process of their own. */
export async function listeners() {
  let received = 0
  let tookMs: number[] = []
  const open = (port: number, form: Form, channel: string) =>
    new Promise<WebSocket>((resolve, reject) => {
      const { hello, ping } = forms[form]
      const mark = forms[form].mark(channel)
      const socket = new WebSocket(
        `ws://127.0.0.1:${port}/connection/websocket`,
        `centrifuge-${form}`,
        { perMessageDeflate: false },
      )
      socket.on('open', () => socket.send(hello(channel)))
      socket.once('message', () => resolve(socket))
      socket.on('error', reject)
      socket.on('message', (data: Buffer) => {
        if (data.length === ping.length) socket.send(ping)
        for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + 7)) received++
      })
    })
  const watchTheClock = (socket: WebSocket) =>
    socket.on('message', (data: Buffer) => {
      const heardAtMs = nowMs()
      for (const [, sentAtMs] of data.toString('latin1').matchAll(/"sentAtMs":([\d.]+)/g))
        tookMs.push(heardAtMs - Number(sentAtMs))
    })
  return {
    async connect({ port, form = 'json', subscribers, rooms = 1 }: Wanted) {
      const sockets: WebSocket[] = []
      while (sockets.length < subscribers) {
        const opening = Array.from({ length: 50 }, (_, n) =>
          open(port, form, `conversation:${1 + ((sockets.length + n) % rooms)}`),
        )
        sockets.push(...(await Promise.all(opening)))
      }
      for (let clock = 1; clock <= clocks; clock++)
        watchTheClock(sockets[Math.floor((clock * sockets.length) / clocks) - 1]!)
      await sleep(500)
    },
    /** What was heard since it was asked last. */
    heard(): Heard {
      const heard = { received, tookMs: tookMs.toSorted((a, b) => a - b) }
      received = 0
      tookMs = []
      return heard
    },
  }
}

export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!
