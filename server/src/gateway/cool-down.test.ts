import { expect, test } from 'vitest'
import { createCoolDown } from './cool-down.ts'

function aCoolDown() {
  let now = 1_000
  const coolDown = createCoolDown(() => now)
  return { ...coolDown, pass: (ms: number) => (now += ms) }
}

test('who asks too much again and again waits twice as long each time, up to 8 s', () => {
  const { offended, leftMs } = aCoolDown()
  expect(leftMs('1')).toBe(0)
  const waits = Array.from({ length: 7 }, () => {
    offended('1')
    return leftMs('1')
  })
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  expect(leftMs('2')).toBe(0)
})

test('the wait passes, and after a quiet minute it begins anew', () => {
  const { offended, leftMs, pass } = aCoolDown()
  offended('1')
  offended('1')
  pass(400)
  expect(leftMs('1')).toBe(600)
  pass(600)
  expect(leftMs('1')).toBe(0)
  pass(60_001)
  offended('1')
  expect(leftMs('1')).toBe(500)
})
