import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { toEmoji } from './emoji-data.ts'
import { searchEmoji } from './emoji-search.ts'

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(import.meta.resolve(`emojibase-data/${path}`)), 'utf8'))
const emojiOf = (language: string) =>
  toEmoji(read(`${language}/compact.json`), read('en/shortcodes/github.json'))

const english = emojiOf('en')
const vietnamese = emojiOf('vi')
const found = (typed: string, all = english) => searchEmoji(all, typed, 8).map(({ char }) => char)

test('a shortcode finds its emoji before all others', () => {
  expect(found('tada')[0]).toBe('🎉')
  expect(found(':+1:')[0]).toBe('👍')
  expect(found('heart')[0]).toBe('❤️')
  expect(found('smi')).toContain('😄')
})

test('words find it, in any order, in the language of the person and in English', () => {
  expect(found('face thinking')[0]).toBe('🤔')
  expect(found('mặt suy nghĩ', vietnamese)[0]).toBe('🤔')
  expect(found('MAT SUY NGHI', vietnamese)[0]).toBe('🤔')
  expect(found('tada', vietnamese)[0]).toBe('🎉')
})

test('what fits nothing finds nothing, and nothing typed shows the first ones', () => {
  expect(found('xyzzyxyzzy')).toEqual([])
  expect(found('')).toHaveLength(8)
})

test('hands come in five skin tones, parts of emoji are left out', () => {
  expect(english.find(({ char }) => char === '👋')?.tones).toEqual(['👋🏻', '👋🏼', '👋🏽', '👋🏾', '👋🏿'])
  expect(english.some(({ label }) => label === 'light skin tone')).toBe(false)
  expect(english.every(({ codes }) => codes.length > 0)).toBe(true)
})
