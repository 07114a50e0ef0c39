/** The network between the simulated people and the server: it can be cut, go silent and be slow. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Network {
  /** Where clients connect instead of the server. */
  readonly port: number
  /** Resets about this share of the connections. @returns how many */
  cut(share: number): number
  /**
   * For some time nothing gets through on about this share of the connections, in either direction,
   * and nobody is told; then the clients' ends are reset and the server's stay as they are.
   * @returns how many
   */
  silence(share: number, durationMs: number): number
  /** Every chunk arrives this much later, in order. */
  delay(delayMs: number, durationMs: number): number
  close(): void
}

/** A server's end that nobody speaks for any more is kept this long: the server has to notice. */
const forsakenMs = 60_000

export async function openNetwork(target: { host: string; port: number }): Promise<Network> {
  const links = new Set<Link>()
  let delayMs = 0
  const server = createServer((client) => {
    const link = new Link(client, connect(target), () => delayMs)
    links.add(link)
    link.onEnd(() => links.delete(link))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const some = (share: number) => {
    const chosen = [...links].filter(() => Math.random() < share)
    return chosen.length > 0 ? chosen : [...links].slice(0, 1)
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut(share) {
      const chosen = some(share)
      for (const link of chosen) link.reset()
      return chosen.length
    },
    silence(share, durationMs) {
      const chosen = some(share)
      for (const link of chosen) {
        link.silence()
        setTimeout(() => link.forsake(), durationMs).unref()
      }
      return chosen.length
    },
    delay(chosenMs, durationMs) {
      delayMs = chosenMs
      setTimeout(() => (delayMs = 0), durationMs).unref()
      return links.size
    },
    close() {
      server.close()
      for (const link of links) link.reset()
    },
  }
}

class Link {
  readonly #client: Socket
  readonly #server: Socket
  #silent = false
  #ended = (): void => {}

  constructor(client: Socket, server: Socket, delayMs: () => number) {
    this.#client = client
    this.#server = server
    this.#relay(client, server, delayMs)
    this.#relay(server, client, delayMs)
  }

  onEnd(ended: () => void): void {
    this.#ended = ended
  }

  reset(): void {
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  silence(): void {
    this.#silent = true
  }

  forsake(): void {
    this.#client.resetAndDestroy()
    setTimeout(() => this.#server.resetAndDestroy(), forsakenMs).unref()
  }

  #relay(from: Socket, to: Socket, delayMs: () => number): void {
    const inOrder = delayed(delayMs)
    from.setNoDelay(true)
    from.on('data', (chunk) => {
      if (!this.#silent) inOrder(() => to.writable && !this.#silent && to.write(chunk))
    })
    from.on('error', () => {})
    from.on('close', () => {
      this.#ended()
      if (!this.#silent) inOrder(() => to.destroy())
    })
  }
}

/** Runs what it is given later, in the order given: two timers alone may change places. */
function delayed(delayMs: () => number): (pass: () => void) => void {
  const waiting: { pass: () => void; at: number }[] = []
  const next = () => {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const restMs = first.at - performance.now()
      if (restMs > 0) return void setTimeout(next, restMs)
      waiting.shift()
      first.pass()
    }
  }
  return (pass) => {
    const at = performance.now() + delayMs()
    if (waiting.push({ pass, at }) === 1) next()
  }
}
