import type { Channel } from './channel.ts'

/** Below this a flush costs nothing worth waiting for. */
const negligibleMs = 1

export interface Flusher {
  /** Something was accepted on the channel; it is written at the end of this turn or soon after. */
  mark(channel: Channel): void
  /** Resolves when nothing accepted on the channel waits to be written. */
  settled(channel: Channel): Promise<void>
  /** Wakes everybody who waits for the channel. */
  settle(channel: Channel): void
  stop(): void
}

/**
 * Collects what arrives within one turn of the event loop. After a flush that took F ms the next one
 * waits about F: a busy node writes larger frames, an idle one loses no time.
 */
export function createFlusher(write: (channel: Channel) => void): Flusher {
  const marked = new Set<Channel>()
  const waiting = new Map<Channel, (() => void)[]>()
  let scheduled = false
  let notBeforeMs = 0
  let stopped = false

  function schedule(): void {
    if (scheduled || stopped) return
    scheduled = true
    const waitMs = notBeforeMs - performance.now()
    if (waitMs < negligibleMs) setImmediate(flush)
    else setTimeout(flush, waitMs)
  }

  function flush(): void {
    scheduled = false
    const startMs = performance.now()
    const batch = [...marked]
    marked.clear()
    for (const channel of batch) {
      write(channel)
      settle(channel)
    }
    // Sockets hold back what is written to them until the turn ends: that is most of the work.
    process.nextTick(() => {
      const endMs = performance.now()
      notBeforeMs = endMs + (endMs - startMs)
    })
  }

  function settle(channel: Channel): void {
    const wake = waiting.get(channel)
    waiting.delete(channel)
    for (const resolve of wake ?? []) resolve()
  }

  return {
    mark(channel) {
      marked.add(channel)
      schedule()
    },
    settled(channel) {
      if (!channel.hasPending) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = waiting.get(channel)
        if (wake) wake.push(resolve)
        else waiting.set(channel, [resolve])
      })
    },
    settle,
    stop() {
      stopped = true
      marked.clear()
    },
  }
}
