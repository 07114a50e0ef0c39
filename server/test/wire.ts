import { onTestFinished } from 'vitest'
import { WebSocket, type RawData } from 'ws'
import type { Form } from '../src/gateway/codec/codec.ts'
import { until } from './app.ts'
import { decodeReplies, encodeCommands } from './protobuf.ts'

/** For tests that hold on both. */
export const forms: Form[] = ['json', 'protobuf']

/** A bare WebSocket that keeps every object it was sent, shown as in the JSON form. */
export interface Wire {
  socket: WebSocket
  /** Every reply and push so far, in order; pings are left out. */
  received: any[]
  pings: number
  /** Raw frames. */
  frames: string[]
  ended: { code: number; reason: string } | undefined
  /** Sends all commands in one frame. */
  send(...commands: object[]): void
  sendText(text: string | Buffer): void
  /** Sends one command and resolves with its reply. */
  ask(command: Record<string, unknown>): Promise<any>
  reply(id: number): Promise<any>
  /** Connects with id 1. */
  connect(request?: object): Promise<any>
  /** Resolves with the code and the reason of the close frame. */
  end(): Promise<{ code: number; reason: string }>
  /** Publications of a channel, in the order they came; of a conversation those of its line. */
  publications(channel: string): any[]
  /** What else came on a conversation's channel: state, which takes no number. */
  state(channel: string): any[]
}

export interface WireOptions {
  headers?: Record<string, string>
  form?: Form
  protocols?: string[]
  /** Answers pings; true by default. */
  pongs?: boolean
}

/** Opens a WebSocket to the gateway; closed when the test ends. */
export async function openWire(
  address: string,
  { headers = {}, form = 'json', protocols, pongs = true }: WireOptions = {},
): Promise<Wire> {
  const socket = new WebSocket(
    address,
    protocols ?? (form === 'json' ? [] : [`centrifuge-${form}`]),
    { headers },
  )
  onTestFinished(() => socket.terminate())
  const wire = wireOver(socket, form)
  socket.on('message', (data: RawData) => {
    // oxlint-disable-next-line typescript/no-base-to-string -- ws hands out Buffers here
    wire.frames.push(data.toString())
    for (const reply of repliesOf(data as Buffer, form)) {
      if (Object.keys(reply).length > 0) {
        wire.received.push(reply)
        continue
      }
      wire.pings++
      if (pongs) wire.send({})
    }
  })
  socket.on('close', (code, reason) => (wire.ended = { code, reason: reason.toString() }))
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return wire
}

function repliesOf(frame: Buffer, form: Form): any[] {
  if (form === 'protobuf') return decodeReplies(frame)
  const lines = frame.toString().split('\n')
  return lines.map((line) => JSON.parse(line))
}

function wireOver(socket: WebSocket, form: Form): Wire {
  const wire: Wire = {
    socket,
    received: [],
    pings: 0,
    frames: [],
    ended: undefined,
    send(...commands) {
      if (form === 'protobuf') socket.send(encodeCommands(...commands))
      else socket.send(commands.map((each) => JSON.stringify(each)).join('\n'))
    },
    sendText: (text) => socket.send(text, { binary: typeof text !== 'string' }),
    async ask(command) {
      wire.send(command)
      return wire.reply(command.id as number)
    },
    async reply(id) {
      const find = () => wire.received.find((each) => each.id === id)
      await until(`reply ${id} is there`, () => find() !== undefined || wire.ended !== undefined)
      if (!find()) throw new Error(`closed before reply ${id}: ${JSON.stringify(wire.ended)}`)
      return find()
    },
    connect: (request = {}) => wire.ask({ id: 1, connect: request }),
    async end() {
      await until('the connection has ended', () => wire.ended !== undefined)
      return wire.ended!
    },
    publications: (channel) => pubs(channel).filter((pub) => !isState(channel, pub)),
    state: (channel) => pubs(channel).filter((pub) => isState(channel, pub)),
  }
  const pubs = (channel: string): any[] =>
    wire.received.flatMap(({ push }) => (push?.channel === channel && push.pub ? [push.pub] : []))
  return wire
}

const isState = (channel: string, pub: { offset?: number }): boolean =>
  channel.startsWith('conversation:') && pub.offset === undefined
