import { expect, test } from 'vitest'
import { pageTitle } from './page-title.ts'

test('the tab says where I am and how much is unread', () => {
  expect(pageTitle('General', 3)).toBe('(3) General · Parley')
  expect(pageTitle('General', 0)).toBe('General · Parley')
  expect(pageTitle(undefined, 120)).toBe('(99+) Parley')
})
