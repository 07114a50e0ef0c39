import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import * as field from './fields.ts'
import { limits } from './limits.ts'

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success
const sentence = (schema: z.ZodType, value: unknown): string =>
  schema.safeParse(value).error?.issues[0]?.message ?? ''

test('characters are counted as people count them: by code point, after NFC', () => {
  const max = limits.contentMaxChars
  for (const char of ['x', 'é', 'e\u0301', '世', '👋']) {
    expect(takes(field.content, char.repeat(max)), char).toBe(true)
    expect(takes(field.content, char.repeat(max + 1)), char).toBe(false)
  }
  expect(field.content.parse('e\u0301')).toBe('é')
  expect(sentence(field.content, 'x'.repeat(max + 1))).toBe('must have 1 to 10000 characters')
})

test('an emoji is one, whatever it is put together from, and has one form', () => {
  for (const emoji of ['👍', '👍🏽', '👨‍👩‍👧', '🇻🇳', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])
    expect(field.emoji.parse(emoji)).toBe(emoji)
  expect(field.emoji.parse('❤')).toBe('❤\ufe0f')
  expect(field.emoji.parse('👍\ufe0f')).toBe('👍')
  expect(field.emoji.parse('1\u20e3')).toBe('1\ufe0f\u20e3')
  expect(field.emoji.parse('⛹\ufe0f🏽\u200d♂')).toBe('⛹🏽\u200d♂\ufe0f')
  expect(field.emoji.parse('👁\u200d🗨')).toBe('👁\ufe0f\u200d🗨\ufe0f')
  for (const text of ['', '1', 'ok', 'a👍', '👍👍', '\ufe0f', '👍\n', '\ud83d'])
    expect(takes(field.emoji, text), text).toBe(false)
})

test('what only looks like an emoji on some screens is none', () => {
  const strays = [
    '👍\u200d',
    '\u200d👍',
    '👍\u200d\u200d👍',
    '👍\u{e0067}',
    '👍\u{e007f}',
    '👍\u20e3',
  ]
  for (const text of [...strays, '\u20e3', '🇻', '🇻🇻🇳', '🇽🇽', '👍🏽🏽', '❤\ufe0e', '#'])
    expect(takes(field.emoji, text), JSON.stringify(text)).toBe(false)
})

test('blank text is no message and no name', () => {
  const unseen = ['\u200b', '\u2060\u200d', '\u3164', '\u2800', '\u00ad', '\u202e', '\u0007']
  for (const text of ['', ' ', '\n\t', '\u00a0', '\u2003', '\ufeff', ...unseen]) {
    expect(takes(field.content, text), JSON.stringify(text)).toBe(false)
    expect(takes(field.conversationName, text)).toBe(false)
  }
  expect(field.content.parse(' x ')).toBe(' x ')
})

test('a name stays in its line and leaves what stands beside it as it is', () => {
  const names = [field.conversationName, field.fullName, field.topic, field.username]
  const odd = ['\n', '\r', '\t', '\x1b', '\x85', '\u2028', '\u202a', '\u202e', '\u2066', '\u2069']
  for (const name of names)
    for (const char of odd) expect(takes(name, `a${char}b`), JSON.stringify(char)).toBe(false)
  expect(sentence(field.topic, 'a\nb')).toBe('must be one line without control characters')
  for (const text of ['a\u200eb', 'a\u200fb', 'می\u200cخواهم', '👨‍👩‍👧', 'a\u00a0b'])
    expect(takes(field.conversationName, text), JSON.stringify(text)).toBe(true)
})

test('what somebody says about themselves may have lines', () => {
  expect(field.about.parse('one\r\ntwo\nthree')).toBe('one\ntwo\nthree')
  for (const char of ['\r', '\t', '\x1b', '\x85'])
    expect(sentence(field.about, `a${char}b`)).toBe('must not contain control characters')
})

test('whatever is taken can be stored: no NUL and no half characters', () => {
  for (const text of ['a\0b', '\ud800', 'a\udc00b', '\udc00\ud800']) {
    expect(takes(field.content, text), JSON.stringify(text)).toBe(false)
    expect(takes(field.typedName, text)).toBe(false)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }), (text) => {
      const result = field.content.safeParse(text)
      if (!result.success) return
      expect(result.data.isWellFormed() && !result.data.includes('\0')).toBe(true)
      expect(field.content.parse(result.data)).toBe(result.data)
    }),
  )
})

test('usernames are letters, digits and a few signs', () => {
  for (const name of ['jo', 'John_Doe-2', 'й.ю', '世界', 'नमस्ते', 'x'.repeat(32)])
    expect(takes(field.username, name), name).toBe(true)
  for (const name of ['j', 'x'.repeat(33), 'a b', 'a@b', '<b>', 'a/b', 'a\u202eb', '👋👋'])
    expect(takes(field.username, name), name).toBe(false)
})

test('nobody is called what means everybody', () => {
  for (const name of ['all', 'ALL', 'ａｌｌ', 'all.', 'all_-'])
    expect(sentence(field.username, name)).toBe('must not mean everybody, as "all" does')
  for (const name of ['allan', 'all.in', '.all', 'everyone', 'here'])
    expect(takes(field.username, name), name).toBe(true)
})

test('ids and numbers on the line are whole, and exact in JSON', () => {
  const wrong = [-1, 1.5, 2 ** 53, 1e308, NaN, Infinity, '1', null, true, [1], {}]
  for (const value of wrong) {
    expect(takes(field.id, value), String(value)).toBe(false)
    expect(takes(field.seq, value), String(value)).toBe(false)
  }
  expect([takes(field.id, 0), takes(field.seq, 0)]).toEqual([false, true])
  expect(takes(field.id, Number.MAX_SAFE_INTEGER)).toBe(true)
})

test('a key is a UUID of any version, and the same in either case', () => {
  const key = '0B7A3D52-6B1C-4C39-8F6E-5F2F9B1C7D10'
  expect(field.clientKey.parse(key)).toBe(key.toLowerCase())
  for (const other of ['', 'x', key.replaceAll('-', ''), `${key} `, `{${key}}`])
    expect(takes(field.clientKey, other), other).toBe(false)
})

test('passwords are taken as they are', () => {
  const decomposed = 'e\u0301'.repeat(4)
  expect(field.password.parse(decomposed)).toBe(decomposed)
  expect(takes(field.password, 'x'.repeat(limits.passwordMinChars - 1))).toBe(false)
  expect(takes(field.password, 'x'.repeat(limits.passwordMaxChars + 1))).toBe(false)
})

test('a limit has a range and a value for when it is not given', () => {
  const limit = field.limit(10, 5)
  expect([limit.parse(undefined), limit.parse(10)]).toEqual([5, 10])
  for (const value of [0, -1, 11, 1.5, '5', null]) expect(takes(limit, value)).toBe(false)
})

test('a time is one that PostgreSQL knows', () => {
  for (const text of ['0001-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z'])
    expect(takes(field.timestamp, text), text).toBe(true)
  const tooFine = `2026-01-01T00:00:00.${'1'.repeat(200)}Z`
  for (const text of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', tooFine])
    expect(sentence(field.timestamp, text)).toBe('must be a time with at most six decimals')
})
