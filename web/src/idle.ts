/** Runs this when nobody waits for the thread, at the latest after so many milliseconds. */
export function whenIdle(work: () => void, withinMs: number): void {
  // Safari has none.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: withinMs })
  else setTimeout(work)
}
