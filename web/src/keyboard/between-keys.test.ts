import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const frameMs = 16
/** The task after the frame. */
const paintedMs = frameMs + 1
let page: EventTarget
let betweenKeys: (notBefore: number) => Promise<void>

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  page = new EventTarget()
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => setTimeout(frame, frameMs))
  ;({ betweenKeys } = await import('./between-keys.ts'))
})
afterEach(() => {
  vi.resetModules()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function press(): void {
  const key = new Event('keydown')
  Object.defineProperty(key, 'timeStamp', { value: performance.now() })
  page.dispatchEvent(key)
}

/** How long the wait that begins now takes, once it is over. */
function waits(leastMs = 0): () => number | undefined {
  const startedAt = performance.now()
  let tookMs: number | undefined
  void betweenKeys(startedAt + leastMs).then(() => (tookMs = performance.now() - startedAt))
  return () => tookMs
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('nobody is waited for who does not type', async () => {
  const took = waits(1_000)
  await pass(0)
  expect(took()).toBe(0)
})

test('the best time is when a key has just been painted', async () => {
  press()
  const took = waits()
  await pass(100)
  expect(took()).toBe(paintedMs)
})

test('of many keys it is the first one that comes late enough', async () => {
  press()
  const took = waits(500)
  for (let keys = 0; keys < 10; keys++) {
    await pass(120)
    press()
  }
  await pass(100)
  expect(took()).toBe(600 + paintedMs)
})

test('whoever stops typing waits no longer', async () => {
  press()
  const took = waits(3_000)
  await pass(200)
  press()
  await pass(1_000)
  expect(took()).toBeLessThanOrEqual(520)
})
