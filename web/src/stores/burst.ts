interface Needs<Item> {
  apply(item: Item): void
  /** Resolves when what was applied is on the screen. */
  rendered(): Promise<void>
  isHidden(): boolean
}

export interface Burst<Item> {
  add(item: Item): void
  /** Applies at once what waits. */
  flush(): void
}

/** Never draw more often than the screen does. */
const shortestPauseMs = 16

/**
 * Applies what arrives in quick succession together, so that the page is drawn once for it. After a
 * drawing that took long the next waits as long again: a busy conversation leaves time to type.
 */
export function createBurst<Item>({ apply, rendered, isHidden }: Needs<Item>): Burst<Item> {
  let waiting: Item[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let freeAt = 0
  let drawing = false

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const items = waiting
    waiting = []
    for (const item of items) apply(item)
  }

  async function draw(): Promise<void> {
    const begunAt = performance.now()
    drawing = true
    try {
      flush()
      await rendered()
    } finally {
      drawing = false
    }
    const now = performance.now()
    freeAt = now + Math.max(shortestPauseMs, now - begunAt)
    if (waiting.length > 0) schedule()
  }

  const schedule = () => (timer ??= setTimeout(draw, freeAt - performance.now()))

  return {
    add(item) {
      waiting.push(item)
      // A hidden page draws nothing, and its timers are slow.
      if (isHidden()) return flush()
      if (!drawing) schedule()
    },
    flush,
  }
}
