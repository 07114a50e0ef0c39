import { expect, test } from 'vitest'
import { explain } from './refusals.ts'

test('a refusal is explained in a sentence', () => {
  expect(explain({ code: 400, message: 'name must have 1 to 80 characters' })).toBe(
    'Name must have 1 to 80 characters.',
  )
  expect(explain({ code: 404, message: 'not found' }, { 404: 'Nobody is called so.' })).toBe(
    'Nobody is called so.',
  )
  expect(explain({ code: 1, message: 'timeout' })).toMatch(/did not answer/)
  expect(explain(new TypeError('boom'))).not.toMatch(/boom/)
})
