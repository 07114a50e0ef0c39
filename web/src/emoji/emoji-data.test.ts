import { readFileSync } from 'node:fs'
import { emoji } from '@parley/protocol/fields'
import { expect, test, vi } from 'vitest'
import { toEmoji } from './emoji-data.ts'
import { recentEmoji } from './recent-emoji.ts'

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(import.meta.resolve(`emojibase-data/${path}`)), 'utf8'))

test('every emoji of the picker, in every skin tone, is a reaction as it is', () => {
  vi.stubGlobal('localStorage', { getItem: () => null })
  const picker = ['en', 'vi'].flatMap((language) => toEmoji(read(`${language}/compact.json`), {}))
  expect(picker.length).toBeGreaterThan(3_500)
  const all = picker.flatMap(({ char, tones }) => [char].concat(tones)).concat(recentEmoji())
  expect(all.filter((each) => emoji.safeParse(each).data !== each)).toEqual([])
})
