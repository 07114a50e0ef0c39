import { IncomingMessage } from 'node:http'

/**
 * Requests that ask for another protocol than WebSocket, as `curl --http2` and Java's HttpClient do,
 * are served as if they did not ask (RFC 9110, section 7.8). For `createServer`'s `IncomingMessage`.
 */
export class PlainUnlessWebsocket extends IncomingMessage {
  declare private asksForUpgrade: boolean

  /** Node sets this before the headers, and asks for it after them. */
  get upgrade(): boolean {
    return this.asksForUpgrade && (this.method === 'CONNECT' || asksForWebsocket(this))
  }

  set upgrade(asked: boolean) {
    this.asksForUpgrade = asked
  }
}

const asksForWebsocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'
