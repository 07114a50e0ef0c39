import { expect, test } from 'vitest'
import { endingOf, reloadOnce } from './ending.ts'

test('a page that the server refuses is loaded again, one that broke connects again', () => {
  expect([403, 3500, 3503, 3999, 4500].map(endingOf)).toEqual(Array(5).fill('reload'))
  expect([2, 3, 3000, 3499, 4499].map(endingOf)).toEqual(Array(5).fill('retry'))
})

test('a page that is refused again at once is not loaded for ever', () => {
  const items = new Map<string, string>()
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  } as unknown as Storage
  let reloads = 0
  const attempt = (now: number) => reloadOnce(storage, now, () => reloads++)
  expect([attempt(100_000), attempt(101_000), attempt(140_000)]).toEqual([true, false, true])
  expect(reloads).toBe(2)
})
