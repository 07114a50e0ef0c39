import { expect, test } from 'vitest'
import { charactersLeft } from './text-length.ts'

test('characters are counted as the server counts them', () => {
  expect(charactersLeft('a'.repeat(10_000))).toBe(0)
  expect(charactersLeft('😀'.repeat(10_000))).toBe(0)
  expect(charactersLeft('e\u0301'.repeat(10_001))).toBe(-1)
  expect(charactersLeft('short')).toBe(9_995)
})
