interface Needs {
  /** Resolves when drawing is in nobody's way; where somebody types, not before that time. */
  calm(notBefore: number): Promise<void>
  /** Resolves when what was changed is on the screen. */
  rendered(): Promise<void>
  isHidden(): boolean
}

export interface Burst {
  add(change: () => void): void
  /** Makes at once the changes that wait. */
  flush(): void
}

/** Never draw more often than the screen does. */
const shortestPauseMs = 16
/** Of the time of somebody who types, drawing takes a sixteenth part. */
const pausesForTyping = 15
const longestForTypingMs = 3_000

/**
 * Makes changes that arrive in quick succession together, so that the page is drawn once for them.
 * After a drawing that took long the next waits as long again, and much longer for somebody who types.
 */
export function createBurst({ calm, rendered, isHidden }: Needs): Burst {
  let waiting: (() => void)[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let freeAt = 0
  let freeForTypingAt = 0
  let drawing = false

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const changes = waiting
    waiting = []
    for (const change of changes) {
      try {
        change()
      } catch (error) {
        // The others are as good as without it.
        console.error(error)
      }
    }
  }

  async function draw(): Promise<void> {
    drawing = true
    let begunAt = 0
    try {
      await calm(freeForTypingAt)
      begunAt = performance.now()
      flush()
      await rendered()
    } finally {
      drawing = false
    }
    const now = performance.now()
    const tookMs = Math.max(shortestPauseMs, now - begunAt)
    freeAt = now + tookMs
    freeForTypingAt = now + Math.min(pausesForTyping * tookMs, longestForTypingMs)
    if (waiting.length > 0) schedule()
  }

  const schedule = () => (timer ??= setTimeout(draw, freeAt - performance.now()))

  return {
    add(change) {
      waiting.push(change)
      // A hidden page draws nothing, and its timers are slow.
      if (isHidden()) return flush()
      if (!drawing) schedule()
    },
    flush,
  }
}
