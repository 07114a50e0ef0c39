/** Who put a session on a channel. */
export type Side = 'server' | 'client'

/** The channels of one session. Two sets: an entry of a set is smaller than one of a map. */
export class Subscriptions {
  readonly #sides: Record<Side, Set<string>> = { server: new Set(), client: new Set() }

  add(channel: string, side: Side): void {
    this.delete(channel)
    this.#sides[side].add(channel)
  }

  has(channel: string): boolean {
    return this.side(channel) !== undefined
  }

  side(channel: string): Side | undefined {
    if (this.#sides.client.has(channel)) return 'client'
    return this.#sides.server.has(channel) ? 'server' : undefined
  }

  /** False where the session was not on it. */
  delete(channel: string): boolean {
    return this.#sides.server.delete(channel) || this.#sides.client.delete(channel)
  }

  count(side: Side): number {
    return this.#sides[side].size
  }

  *[Symbol.iterator](): IterableIterator<[channel: string, side: Side]> {
    for (const channel of this.#sides.server) yield [channel, 'server']
    for (const channel of this.#sides.client) yield [channel, 'client']
  }
}
