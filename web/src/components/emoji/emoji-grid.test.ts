import { expect, test } from 'vitest'
import { columns, moveInGrids } from './emoji-grid.ts'

const sizes = [columns + 2, 0, 3 * columns]
const go = (section: number, index: number, ...keys: string[]) =>
  keys.reduce<{ section: number; index: number } | undefined>(
    (at, key) => at && moveInGrids(sizes, at, key),
    { section, index },
  )

test('arrows move within a grid and on to the next one that is not empty', () => {
  expect(go(0, 0, 'ArrowRight')).toEqual({ section: 0, index: 1 })
  expect(go(0, columns + 1, 'ArrowRight')).toEqual({ section: 2, index: 0 })
  expect(go(2, 0, 'ArrowLeft')).toEqual({ section: 0, index: columns + 1 })
  expect(go(0, 1, 'ArrowDown', 'ArrowDown')).toEqual({ section: 2, index: 1 })
  expect(go(2, 1, 'ArrowUp', 'ArrowUp')).toEqual({ section: 0, index: 1 })
})

test('a shorter row is entered at its end', () => {
  expect(go(0, 5, 'ArrowDown')).toEqual({ section: 0, index: columns + 1 })
  expect(go(2, 5, 'ArrowUp')).toEqual({ section: 0, index: columns + 1 })
})

test('nothing lies before the first cell and after the last', () => {
  expect(go(0, 0, 'ArrowLeft')).toBeUndefined()
  expect(go(0, 3, 'ArrowUp')).toBeUndefined()
  expect(go(2, 3 * columns - 1, 'ArrowRight')).toBeUndefined()
  expect(go(2, 3 * columns - 1, 'ArrowDown')).toBeUndefined()
})

test('Home and End lead to the ends of the row', () => {
  expect(go(0, columns + 1, 'Home')).toEqual({ section: 0, index: columns })
  expect(go(0, 2, 'End')).toEqual({ section: 0, index: columns - 1 })
  expect(go(0, columns, 'End')).toEqual({ section: 0, index: columns + 1 })
})
