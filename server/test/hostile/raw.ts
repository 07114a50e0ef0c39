import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Wire } from '../wire.ts'
import { until, type TestApp } from '../app.ts'

/** A TCP connection that says whatever it likes. */
export interface Tcp {
  socket: Socket
  /** Everything the server said, as text. */
  answer(): string
  /** Resolves when the server has said this much, or ended. */
  answered(): Promise<string>
  /** Resolves when the server has closed its side, or the whole connection. */
  ended(timeoutMs?: number): Promise<void>
}

export function openTcp(app: TestApp, first: string | Buffer = ''): Tcp {
  const { hostname, port } = new URL(app.url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let answer = ''
  let over = false
  socket.on('data', (data) => (answer += data.toString('latin1')))
  socket.on('end', () => (over = true)).on('close', () => (over = true))
  socket.on('error', () => (over = true))
  socket.write(first)
  return {
    socket,
    answer: () => answer,
    async answered() {
      await until('the server has answered', () => over || answer.includes('\r\n\r\n'))
      return answer
    },
    ended: (timeoutMs) => until('the server has ended the connection', () => over, timeoutMs),
  }
}

interface FrameOptions {
  final?: boolean
  reserved?: number
  opcode?: number
  masked?: boolean
  /** What the header says, where that is not the truth. */
  length?: bigint
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A WebSocket frame as RFC 6455, section 5.2, has it, or not quite. */
export function rawFrame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { final = true, reserved = 0, opcode = opcodes.text, masked = true } = options
  const bytes = Buffer.from(payload)
  const length = options.length ?? BigInt(bytes.length)
  const size = length < 126n ? 0 : length < 65_536n ? 2 : 8
  const header = Buffer.alloc(2 + size)
  header[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode
  header[1] = (masked ? 0x80 : 0) | (size === 0 ? Number(length) : size === 2 ? 126 : 127)
  if (size === 2) header.writeUInt16BE(Number(length), 2)
  if (size === 8) header.writeBigUInt64BE(length, 2)
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, Buffer.alloc(masked ? 4 : 0), bytes])
}

/** The TCP connection under a WebSocket. */
export const tcpOf = (wire: Wire): Socket => (wire.socket as unknown as { _socket: Socket })._socket
