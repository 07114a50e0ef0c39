import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket as NetSocket } from 'node:net'
import { limits } from '@parley/protocol/limits'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Form } from './codec/codec.ts'
import type { Socket } from './session.ts'

export const websocketPath = '/connection/websocket'
const subprotocols: Record<Form, string> = {
  json: 'centrifuge-json',
  protobuf: 'centrifuge-protobuf',
}
const closeHandshakeMs = 5_000
/** Go's clients write fragments of 4 KiB, others none: this is far from anybody. */
const fragmentsMax = 256
/** Pieces of a frame that have come so far: at the limit a network would carry 64 bytes at a time. */
const piecesMax = 4_096

export interface Connection {
  socket: Socket
  request: IncomingMessage
  /** Fixed by the upgrade request. */
  form: Form
  onMessage(take: (message: Buffer) => void): void
  /** Pings and pongs of the WebSocket protocol itself. */
  onControl(note: () => void): void
  onClose(done: () => void): void
  /** Ends the connection as the WebSocket protocol does for a message over the limit: 1009. */
  refuseTooLarge(): void
}

/** Turns upgrade requests into connections. */
export function createWebsocketServer(accept: (connection: Connection) => void) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.connectFrameMaxBytes,
    perMessageDeflate: false,
    clientTracking: false,
    maxFragments: fragmentsMax,
    maxBufferedChunks: piecesMax,
    handleProtocols(offered, request) {
      const subprotocol = subprotocols[formOf(request)]
      return offered.has(subprotocol) && subprotocol
    },
  })

  /** False where the request is for something else. */
  return (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    if (request.url?.split('?', 1)[0] !== websocketPath) return false
    server.handleUpgrade(request, socket, head, (ws) => {
      accept(connectionOf(ws, socket as NetSocket, request))
    })
    return true
  }
}

/** What the query asks for; else the subprotocol that is offered, JSON where both or none are. */
function formOf({ url = '', headers }: IncomingMessage): Form {
  const query = new URLSearchParams(url.split('?', 2)[1])
  if ((query.get('cf_protocol') ?? query.get('format')) === 'protobuf') return 'protobuf'
  const offered = new Set((headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/))
  const isProtobuf = offered.has(subprotocols.protobuf) && !offered.has(subprotocols.json)
  return isProtobuf ? 'protobuf' : 'json'
}

export function refuseUpgrade(socket: Duplex, text: string, status: string): void {
  // Never left half open, whatever the other side does: nobody else would close it.
  socket.resume()
  setTimeout(() => socket.destroy(), closeHandshakeMs).unref()
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

function connectionOf(ws: WebSocket, net: NetSocket, request: IncomingMessage): Connection {
  const form = formOf(request)
  let corked = false
  net.setNoDelay(true)
  const endSoon = () => void setTimeout(() => ws.terminate(), closeHandshakeMs).unref()
  // A breach of the WebSocket protocol, which ws has answered with a close frame.
  ws.on('error', endSoon)
  const close = (code: number, reason: string) => {
    ws.close(code, reason)
    endSoon()
  }
  return {
    request,
    form,
    socket: {
      write(frame) {
        if (ws.readyState !== ws.OPEN) return
        if (!corked) {
          corked = true
          net.cork()
          process.nextTick(() => {
            corked = false
            net.uncork()
          })
        }
        net.write(frame)
      },
      close,
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      get bufferedBytes() {
        return net.writableLength
      },
    },
    onMessage(take) {
      ws.on('message', (data: Buffer, isBinary) => {
        // What one read brought along after the end.
        if (ws.readyState !== ws.OPEN) return
        if (isBinary === (form === 'protobuf')) take(data)
        else close(3506, 'inappropriate protocol')
      })
    },
    onControl: (note) => void ws.on('ping', note).on('pong', note),
    onClose: (done) => ws.on('close', done),
    refuseTooLarge: () => close(1009, 'message size limit exceeded'),
  }
}
