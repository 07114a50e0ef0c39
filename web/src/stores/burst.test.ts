import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBurst } from './burst.ts'

function aPage({ drawingMs = 0, hidden = false } = {}) {
  const drawn: string[][] = []
  let applied: string[] = []
  const burst = createBurst<string>({
    apply: (item) => applied.push(item),
    async rendered() {
      drawn.push(applied)
      applied = []
      vi.advanceTimersByTime(drawingMs)
    },
    isHidden: () => hidden,
  })
  return { burst, drawn, applied: () => applied }
}

describe('a burst of changes', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => vi.useRealTimers())

  test('is drawn once, in its order', async () => {
    const { burst, drawn } = aPage()
    for (const item of 'abc') burst.add(item)
    await vi.advanceTimersByTimeAsync(1)
    expect(drawn).toEqual([['a', 'b', 'c']])
  })

  test('waits longer where drawing takes long', async () => {
    const { burst, drawn } = aPage({ drawingMs: 50 })
    burst.add('a')
    await vi.advanceTimersByTimeAsync(1)
    burst.add('b')
    await vi.advanceTimersByTimeAsync(45)
    expect(drawn).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(10)
    expect(drawn).toEqual([['a'], ['b']])
  })

  test('waits for the screen: what comes meanwhile is drawn together afterwards', async () => {
    const drawn: string[][] = []
    let applied: string[] = []
    const burst = createBurst<string>({
      apply: (item) => applied.push(item),
      rendered: () => new Promise((resolve) => setTimeout(resolve, 30)),
      isHidden: () => false,
    })
    const look = () => (drawn.push(applied), (applied = []))
    for (const item of 'abc') {
      burst.add(item)
      await vi.advanceTimersByTimeAsync(10)
    }
    look()
    await vi.advanceTimersByTimeAsync(25)
    look()
    await vi.advanceTimersByTimeAsync(30)
    look()
    expect(drawn).toEqual([['a'], [], ['b', 'c']])
  })

  test('does not wait while nobody looks', () => {
    const { burst, applied } = aPage({ hidden: true })
    burst.add('a')
    expect(applied()).toEqual(['a'])
  })

  test('is applied before anything else that happens', () => {
    const { burst, applied } = aPage()
    burst.add('a')
    burst.flush()
    expect(applied()).toEqual(['a'])
  })
})
