import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBurst } from './burst.ts'

function aPage({
  drawingMs = 0,
  hidden = false,
  calm = async (_notBefore: number): Promise<void> => {},
  rendered = async () => void vi.advanceTimersByTime(drawingMs),
} = {}) {
  const drawn: string[][] = []
  let applied: string[] = []
  const look = () => (drawn.push(applied), (applied = []))
  const burst = createBurst({
    calm,
    async rendered() {
      look()
      await rendered()
    },
    isHidden: () => hidden,
  })
  const add = (item: string) => burst.add(() => applied.push(item))
  return { burst, add, drawn, applied: () => applied }
}

describe('a burst of changes', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => vi.useRealTimers())

  test('is drawn once, in its order', async () => {
    const { add, drawn } = aPage()
    for (const item of 'abc') add(item)
    await vi.advanceTimersByTimeAsync(1)
    expect(drawn).toEqual([['a', 'b', 'c']])
  })

  test('waits longer where drawing takes long', async () => {
    const { add, drawn } = aPage({ drawingMs: 50 })
    add('a')
    await vi.advanceTimersByTimeAsync(1)
    add('b')
    await vi.advanceTimersByTimeAsync(45)
    expect(drawn).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(10)
    expect(drawn).toEqual([['a'], ['b']])
  })

  test('waits for the screen: what comes meanwhile is drawn together afterwards', async () => {
    const { add, drawn } = aPage({
      rendered: () => new Promise((resolve) => setTimeout(resolve, 30)),
    })
    for (const item of 'abc') {
      add(item)
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(drawn).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(55)
    expect(drawn).toEqual([['a'], ['b', 'c']])
  })

  test('waits for somebody who types', async () => {
    let rest = () => {}
    const { add, drawn } = aPage({ calm: () => new Promise((resolve) => (rest = resolve)) })
    add('a')
    await vi.advanceTimersByTimeAsync(100)
    add('b')
    expect(drawn).toEqual([])
    rest()
    await vi.advanceTimersByTimeAsync(1)
    expect(drawn).toEqual([['a', 'b']])
  })

  test('leaves most of the time to somebody who types, and lets nobody wait for long', async () => {
    const pauses: number[] = []
    let drawingMs = 40
    const { add } = aPage({
      calm: async (notBefore) => void pauses.push(notBefore - performance.now()),
      rendered: async () => void vi.advanceTimersByTime(drawingMs),
    })
    add('a')
    await vi.advanceTimersByTimeAsync(1)
    drawingMs = 500
    for (const item of 'bc') {
      add(item)
      await vi.advanceTimersByTimeAsync(500)
    }
    expect(pauses.map((pause) => Math.round(pause / 100) * 100)).toEqual([0, 600, 2_500])
  })

  test('does not wait while nobody looks', () => {
    const { add, applied } = aPage({ hidden: true })
    add('a')
    expect(applied()).toEqual(['a'])
  })

  test('of which one fails: the others are made all the same, and the error is told', () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { burst, add, applied } = aPage()
    add('a')
    burst.add(() => {
      throw new Error('not this one')
    })
    add('b')
    burst.flush()
    expect(applied()).toEqual(['a', 'b'])
    expect(told).toHaveBeenCalledOnce()
    told.mockRestore()
  })

  test('is applied before anything else that happens', () => {
    const { burst, add, applied } = aPage()
    add('a')
    burst.flush()
    expect(applied()).toEqual(['a'])
  })
})
