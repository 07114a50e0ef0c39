const firstPauseMs = 500
/** Below the time that a connection has to connect (`staleAfterMs`). */
const longestPauseMs = 8_000
const forgottenAfterMs = 60_000

/**
 * Somebody whose connection was ended for asking too much waits before the next one is answered:
 * twice as long each time, until there was quiet for a minute. Without it a flood goes on as fast as
 * its sender can connect; SDKs wait as long by themselves. `clock` in milliseconds.
 */
export function createCoolDown(clock: () => number = () => performance.now()) {
  const offenders = new Map<string, { pauseMs: number; untilMs: number }>()

  return {
    offended(user: string): void {
      const now = clock()
      for (const [other, { untilMs }] of offenders)
        if (untilMs + forgottenAfterMs < now) offenders.delete(other)
      const before = offenders.get(user)?.pauseMs
      const pauseMs = before ? Math.min(longestPauseMs, before * 2) : firstPauseMs
      offenders.set(user, { pauseMs, untilMs: now + pauseMs })
    },
    /** How long this user's next connection has to wait for its answer: nearly always 0. */
    leftMs: (user: string): number => Math.max(0, (offenders.get(user)?.untilMs ?? 0) - clock()),
  }
}
