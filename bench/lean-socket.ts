import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

/** A WebSocket to this machine that costs its own process as little as it can. */
export interface LeanSocket {
  /** At most 65,535 bytes. */
  send(text: string): void
  end(): void
}

interface Heard {
  opened(socket: LeanSocket): void
  /** The text of a whole frame, read byte by byte: good for ASCII. */
  text(text: string): void
  /** Once; also where it never opened. */
  closed(): void
}

/** As RFC 6455 has it, for a server that neither masks nor fragments. */
export function openLeanSocket(url: string, heard: Heard): LeanSocket {
  const { hostname, port, pathname, host } = new URL(url)
  const tcp = connect(Number(port), hostname)
  let open = false
  let chunks: Buffer[] = []
  let bytes = 0
  let needed = 0
  const socket: LeanSocket = {
    send: (text) => void tcp.write(maskedFrame(text)),
    end: () => void tcp.destroy(),
  }

  function read(): void {
    let rest = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    if (!open) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!rest.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) return void tcp.destroy()
      open = true
      rest = rest.subarray(end + 4)
      heard.opened(socket)
    }
    for (;;) {
      const frame = frameIn(rest)
      needed = frame?.end ?? 0
      if (!frame || frame.end > rest.length) break
      if (frame.isText) heard.text(rest.toString('latin1', frame.start, frame.end))
      rest = rest.subarray(frame.end)
    }
    chunks = rest.length > 0 ? [rest] : []
    bytes = rest.length
  }

  tcp.setNoDelay(true)
  tcp.on('data', (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= needed) read()
  })
  tcp.on('error', () => {})
  tcp.on('close', heard.closed)
  tcp.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  return socket
}

/** The first frame of these bytes, where its header is complete. */
function frameIn(bytes: Buffer): { start: number; end: number; isText: boolean } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 0x7f
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start) return undefined
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  return { start, end: start + length, isText: (bytes[0]! & 0x0f) === 1 }
}

/** A mask of zeros leaves the payload as it is. */
function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(payload.length < 126 ? 6 : 8)
  header[0] = 0x81
  header[1] = 0x80 | Math.min(payload.length, 126)
  if (payload.length >= 126) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
