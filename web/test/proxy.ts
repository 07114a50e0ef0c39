import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The network between browsers and a server, for tests to break. */
export interface Proxy {
  url: string
  /** How many connections it has let through so far. */
  accepted: number
  /** Breaks every connection without a word. */
  drop(): void
  /** Breaks every connection and refuses new ones until `mend`. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** From now on everything arrives this much later, in both directions. */
  delay(ms: number): void
  /** Every open connection falls silent for good, without an end that anybody could notice. */
  silence(): void
  /** What the server sends waits until `release`. */
  hold(): void
  release(): void
  /**
   * Breaks the WebSocket on which a browser calls this method next: before the server got it, or
   * before the browser got the answer. Resolves when that has happened.
   */
  lose(what: 'request' | 'answer', method: string): Promise<void>
}

interface Pair {
  browser: Socket
  server: Socket
  isWebSocket: boolean
  held: Buffer[]
  /** The server has got what was sent, and its answer will be lost. */
  doomed: boolean
  /** Nothing passes any more. */
  silent: boolean
}

/** Stands before this server, on a port of its own or on this one, until the test ends. */
export async function aProxy(target: { url: string }, port = 0): Promise<Proxy> {
  const pairs = new Set<Pair>()
  const targetPort = Number(new URL(target.url).port)
  let losing: { what: 'request' | 'answer'; method: string; done(): void } | undefined
  let holding = false
  let delayMs = 0

  function end(pair: Pair): void {
    pairs.delete(pair)
    pair.browser.resetAndDestroy()
    pair.server.resetAndDestroy()
  }

  /** In order: timers of the same delay are. */
  function later(pair: Pair, pass: () => void): void {
    const passUnlessSilent = () => !pair.silent && pass()
    if (delayMs === 0) passUnlessSilent()
    else setTimeout(passUnlessSilent, delayMs)
  }

  function finishLosing(pair: Pair): void {
    end(pair)
    losing?.done()
    losing = undefined
  }

  function fromBrowser(pair: Pair, bytes: Buffer): void {
    if (losing && pair.isWebSocket && frameText(bytes).includes(`"${losing.method}"`)) {
      if (losing.what === 'request') return finishLosing(pair)
      pair.doomed = true
    }
    pair.isWebSocket ||= /^upgrade: websocket/im.test(bytes.toString('latin1'))
    pair.server.write(bytes)
  }

  function fromServer(pair: Pair, bytes: Buffer): void {
    if (pair.doomed) finishLosing(pair)
    else if (holding) pair.held.push(bytes)
    else pair.browser.write(bytes)
  }

  function accept(browser: Socket): void {
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    const state = { isWebSocket: false, doomed: false, silent: false }
    const pair: Pair = { browser, server, held: [], ...state }
    proxy.accepted++
    pairs.add(pair)
    browser.setNoDelay(true)
    browser.on('data', (bytes) => later(pair, () => fromBrowser(pair, bytes)))
    server.on('data', (bytes) => later(pair, () => fromServer(pair, bytes)))
    for (const [socket, other] of [
      [browser, server],
      [server, browser],
    ] as const) {
      socket.on('error', () => {})
      socket.on('end', () => later(pair, () => other.end()))
      socket.on('close', () => {
        // The other side of a silent one never hears of it; the next cut ends it.
        if (pair.silent) return
        later(pair, () => other.destroy())
        pairs.delete(pair)
      })
    }
  }

  const listener = createServer({ allowHalfOpen: true }, accept)
  async function listen(): Promise<void> {
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
    port = (listener.address() as AddressInfo).port
  }

  const proxy: Proxy = {
    url: '',
    accepted: 0,
    drop() {
      for (const pair of pairs) end(pair)
    },
    async cut() {
      const closed = once(listener, 'close')
      listener.close()
      proxy.drop()
      await closed
    },
    mend: listen,
    delay: (ms) => (delayMs = ms),
    silence() {
      for (const pair of pairs) pair.silent = true
    },
    hold: () => (holding = true),
    release() {
      holding = false
      for (const { browser, held } of pairs)
        for (const bytes of held.splice(0)) browser.write(bytes)
    },
    lose: (what, method) => new Promise((done) => (losing = { what, method, done })),
  }
  await listen()
  proxy.url = `http://127.0.0.1:${port}`
  onTestFinished(() => {
    proxy.drop()
    listener.close()
  })
  return proxy
}

/** What a browser says in the WebSocket frames of these bytes: each is masked. */
function frameText(bytes: Buffer): string {
  const texts: string[] = []
  for (let at = 0; at + 6 <= bytes.length;) {
    const size = bytes[at + 1]! & 0x7f
    const maskAt = at + (size === 126 ? 4 : 2)
    const length = size === 126 ? bytes.readUInt16BE(at + 2) : size
    const mask = bytes.subarray(maskAt, maskAt + 4)
    at = maskAt + 4 + length
    const payload = bytes.subarray(maskAt + 4, at)
    texts.push(Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]!)).toString())
  }
  return texts.join('\n')
}
