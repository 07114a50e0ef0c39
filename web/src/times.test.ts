import { expect, test } from 'vitest'
import { dayName, shortTime } from './times.ts'

test('days are called by the name that says most', () => {
  const names = ['22', '21', '20'].map((day) => dayName(`2026-11-${day}T12:00:00`, '2026-11-22'))
  expect(names.slice(0, 2)).toEqual(['Today', 'Yesterday'])
  expect(names[2]).toMatch(/Friday.*November|Friday, November 20/)
  expect(dayName('2025-11-22T12:00:00', '2026-11-22')).toContain('2025')
})

test('the list shows the time of today and the day of everything else', () => {
  expect(shortTime('2026-11-22T12:34:00', '2026-11-22')).toMatch(/12[:.]34/)
  expect(shortTime('2026-11-21T12:34:00', '2026-11-22')).toBe('Yesterday')
  expect(shortTime('2026-11-02T12:34:00', '2026-11-22')).toMatch(/Nov/)
})
