import { expect, test } from 'vitest'
import { hueOf, initialsOf } from './avatar.ts'

test('an avatar shows initials', () => {
  expect(['john', 'ada.lovelace', '田中', '_', 'x-y_z'].map(initialsOf)).toEqual([
    'J',
    'AL',
    '田',
    '?',
    'XY',
  ])
})

test('people who came one after the other have different colours', () => {
  expect(new Set([1, 2, 3, 4, 5].map(hueOf)).size).toBe(5)
})
