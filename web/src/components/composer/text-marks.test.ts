import { expect, test } from 'vitest'
import { isInFence, markEdit } from './text-marks.ts'

/** Selection in brackets before and after. */
function press(key: string, marked: string): string | undefined {
  const start = marked.indexOf('[')
  const end = marked.indexOf(']') - 1
  const text = marked.replace(/[[\]]/g, '')
  const edit = markEdit(key, text, start, end)
  if (!edit) return undefined
  const after = text.slice(0, edit.from) + edit.text + text.slice(edit.to)
  const [from, to] = edit.selected
  return `${after.slice(0, from)}[${after.slice(from, to)}]${after.slice(to)}`
}

test('a key marks the selection, and takes the marks away again', () => {
  expect(press('b', 'a [b] c')).toBe('a **[b]** c')
  expect(press('b', 'a **[b]** c')).toBe('a [b] c')
  expect(press('i', '[]')).toBe('_[]_')
  expect(press('e', 'x[y]')).toBe('x`[y]`')
  expect(press('e', '[a\nb]')).toBe('```\n[a\nb]\n```')
  expect(press('z', '[a]')).toBeUndefined()
})

test('an open fence is known by its missing end', () => {
  expect(isInFence('```ts\nlet a')).toBe(true)
  expect(isInFence('```\na\n```')).toBe(false)
  expect(isInFence('```\na\n```\n~~~')).toBe(true)
  expect(isInFence('a ```b')).toBe(false)
})
