import { expect, test } from 'vitest'
import { explain } from './refusals.ts'

test('a refusal is explained in a sentence', () => {
  expect(explain({ code: 400, message: 'name: must not be blank' })).toBe(
    'A name must have 1 to 80 characters, in one line and without control characters.',
  )
  for (const [field, words] of [
    ['topic', /^A topic .* in one line/],
    ['fullName', /^A full name .* in one line/],
    ['about', /^What you say about yourself .* control characters/],
  ] as const)
    expect(explain({ code: 400, message: `${field}: must not be so` })).toMatch(words)
  expect(explain({ code: 404, message: 'not found' }, { 404: 'Nobody is called so.' })).toBe(
    'Nobody is called so.',
  )
  expect(explain({ code: 103, message: 'permission denied' })).toBe(
    'You are not allowed to do this.',
  )
  expect(explain({ code: 1, message: 'timeout' })).toMatch(/did not answer/)
  expect(explain(new TypeError('boom'))).not.toMatch(/boom/)
})

test("the server's own sentence is not shown", () => {
  expect(explain({ code: 400, message: 'limit: must be at most 3' })).not.toContain('must be')
})
