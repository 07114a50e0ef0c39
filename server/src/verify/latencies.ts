import type { Change } from '@parley/protocol/changes'
import type { Sent } from './action.ts'

/** How long messages take from the moment somebody presses Enter until each other device shows them. */
export class Latencies {
  readonly #plannedAt = new Map<string, number>()
  readonly #tookMs: number[] = []

  get count(): number {
    return this.#tookMs.length
  }

  planned({ clientKey, plannedAt }: Sent): void {
    this.#plannedAt.set(clientKey, plannedAt)
  }

  seen(change: Change): void {
    if (change.type !== 'message.created') return
    const plannedAt = this.#plannedAt.get(change.message.clientKey)
    if (plannedAt !== undefined) this.#tookMs.push(performance.now() - plannedAt)
  }

  percentiles(): { p50: number; p95: number; p99: number } {
    const sorted = Float64Array.from(this.#tookMs).sort()
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }
}
