import { expect, test } from 'vitest'
import { meaningsOf, mentionTokens, namedIn } from './mentions.ts'

const keysIn = (text: string) => namedIn(text).names.map(({ key }) => key)

test('a name begins with @ and nothing of a word stands before it', () => {
  expect(keysIn('@bill and (@John), see @Đức!')).toEqual(['bill', 'john', 'đức'])
  expect(keysIn('bill@example.com, 1@bill, @ bill')).toEqual([])
})

test('what ends a sentence may be part of a name, and need not be', () => {
  expect(meaningsOf(mentionTokens('ask @bill..')[0]!)).toEqual(['bill..', 'bill.', 'bill'])
})

test('@all means everybody, in a sentence too', () => {
  expect(namedIn('hello @All.').everybody).toBe(true)
  expect(namedIn('hello @allan, all').everybody).toBe(false)
})

test('a text full of names stays cheap', () => {
  const named = namedIn('@a_'.repeat(3_000))
  expect(new Set(named.names.map(({ place }) => place)).size).toBeLessThanOrEqual(50)
})

test('a name of endless length means no more than a long one', () => {
  for (const rest of ['.', 'a.', 'é.'])
    expect(namedIn(`@${rest.repeat(5_000)}`).names.length).toBeLessThanOrEqual(64)
  expect(keysIn(`@bill${'.'.repeat(40)}`)).toContain('bill')
})
