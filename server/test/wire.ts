import { onTestFinished } from 'vitest'
import { WebSocket, type RawData } from 'ws'
import { until } from './app.ts'

/** A bare WebSocket that keeps every JSON object it was sent. */
export interface Wire {
  socket: WebSocket
  /** Every reply and push so far, in order; pings are left out. */
  received: any[]
  pings: number
  /** Raw text frames. */
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
  protocols?: string[]
  /** Answers pings; true by default. */
  pongs?: boolean
}

/** Opens a WebSocket to the gateway; closed when the test ends. */
export async function openWire(
  address: string,
  { headers = {}, protocols = [], pongs = true }: WireOptions = {},
): Promise<Wire> {
  const socket = new WebSocket(address, protocols, { headers })
  onTestFinished(() => socket.terminate())
  const wire = wireOver(socket)
  socket.on('message', (data: RawData) => {
    // oxlint-disable-next-line typescript/no-base-to-string -- ws hands out Buffers here
    const text = data.toString()
    wire.frames.push(text)
    for (const line of text.split('\n')) {
      if (line !== '{}') {
        wire.received.push(JSON.parse(line))
        continue
      }
      wire.pings++
      if (pongs) socket.send('{}')
    }
  })
  socket.on('close', (code, reason) => (wire.ended = { code, reason: reason.toString() }))
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return wire
}

function wireOver(socket: WebSocket): Wire {
  const wire: Wire = {
    socket,
    received: [],
    pings: 0,
    frames: [],
    ended: undefined,
    send: (...commands) => socket.send(commands.map((each) => JSON.stringify(each)).join('\n')),
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
