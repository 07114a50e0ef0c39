import { setTimeout as delay } from 'node:timers/promises'
import type { Network } from './network.ts'

/** Something that goes wrong for a while. */
export interface Fault {
  name: string
  /** @returns what happened, in words; undefined where there was nothing to break */
  strike(): Promise<string | undefined>
}

/** What a network does to people, wherever the server is. */
export function networkFaults(network: Network, silenceMs: number): Fault[] {
  return [
    {
      name: 'cut',
      async strike() {
        // Slow first, so that answers are on their way when it happens.
        network.delay(200, 400)
        await delay(300)
        return counted(network.cut(1 / 2), 'connections cut')
      },
    },
    {
      name: 'half-open',
      strike: async () =>
        counted(network.silence(1 / 3, silenceMs), `connections silent for ${silenceMs / 1_000} s`),
    },
    {
      name: 'slow',
      strike: async () =>
        counted(network.delay(500, 3_000), 'connections slower by 500 ms for 3 s'),
    },
  ]
}

const counted = (count: number, what: string): string | undefined =>
  count > 0 ? `${count} ${what}` : undefined

/** When each fault strikes, in ms since the start: in rounds, each with all of them. */
export function planOf(faults: Fault[], seconds: number): { atMs: number; fault: Fault }[] {
  const firstMs = 2_000
  const lastMs = Math.max(firstMs, seconds * 1_000 - 2_000)
  const rounds = Math.max(1, Math.min(5, Math.floor(seconds / 40)))
  const all = Array.from({ length: rounds }, () => shuffled(faults)).flat()
  const stepMs = (lastMs - firstMs) / Math.max(1, all.length - 1)
  return all.map((fault, index) => ({ atMs: firstMs + index * stepMs, fault }))
}

function shuffled<Item>(items: Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
