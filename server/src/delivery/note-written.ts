import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Frame } from './frame.ts'
import type { Publication } from './publication.ts'

interface Options {
  log: Logger
  metrics: Metrics
  /** When a publication was committed, in milliseconds. */
  storedAtMs: ((publication: Publication) => number | undefined) | undefined
}

/** Logs and counts a frame that was written to this many subscribers. */
export const createNoteWritten =
  ({ log, metrics, storedAtMs }: Options) =>
  ({ channel, publications }: Frame, subscribers: number): void => {
    const offset = publications.at(-1)!.position?.offset
    log.debug({ channel, offset, publications: publications.length, subscribers }, 'fan-out')
    metrics.delivered(publications.length * subscribers)
    if (subscribers === 0 || !storedAtMs) return
    const now = Date.now()
    for (const publication of publications) {
      const atMs = storedAtMs(publication)
      if (atMs !== undefined) metrics.lag((now - atMs) / 1_000)
    }
  }
