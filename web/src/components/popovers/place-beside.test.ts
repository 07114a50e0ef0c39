import { describe, expect, test } from 'vitest'
import { placeBeside } from './place-beside.ts'

const window = { width: 400, height: 600 }
const card = { width: 200, height: 100 }
const at = (left: number, top: number) => ({ left, top, bottom: top + 20 })

describe('a card beside something', () => {
  test('is under it, or above it where there is no room', () => {
    expect(placeBeside(at(50, 100), card, window)).toEqual({ left: 50, top: 126 })
    expect(placeBeside(at(50, 550), card, window)).toEqual({ left: 50, top: 444 })
  })

  test('stays in the window', () => {
    expect(placeBeside(at(390, 100), card, window).left).toBe(192)
    expect(placeBeside(at(-20, 100), card, window).left).toBe(8)
    expect(placeBeside(at(50, 300), { width: 200, height: 590 }, window).top).toBe(8)
  })
})
