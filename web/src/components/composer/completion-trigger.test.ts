import { expect, test } from 'vitest'
import { finishedCode, triggerAt } from './completion-trigger.ts'

const at = (text: string) => triggerAt(text, text.length)

test('a name begins with an @ that follows no letter', () => {
  expect(at('hi @')).toEqual({ kind: 'person', query: '', start: 3 })
  expect(at('(@Ti')).toEqual({ kind: 'person', query: 'Ti', start: 1 })
  expect(at('@Tiến')?.query).toBe('Tiến')
  for (const text of ['me@bill', '@bill ', 'x']) expect(at(text)).toBeUndefined()
})

test('an emoji begins with a colon and two letters', () => {
  expect(at('so :ta')).toEqual({ kind: 'emoji', query: 'ta', start: 3 })
  for (const text of ['10:30', ':t', 'https://', 'a:ta', ': ta']) expect(at(text)).toBeUndefined()
  expect(finishedCode('so :tada:', 9)).toBe('tada')
  expect(finishedCode('10:30:', 6)).toBeUndefined()
})

test('code completes nothing', () => {
  for (const text of ['`@bill', '```\n@bill', '```\n:tada']) expect(at(text)).toBeUndefined()
  expect(finishedCode('`:tada:', 7)).toBeUndefined()
  expect(at('`a` @b')?.query).toBe('b')
})
