import { expect, test } from 'vitest'
import { language as english } from './languages/en.ts'
import { languageCodes } from './words.ts'

const loaders = import.meta.glob<{ language: { words: object } }>('./languages/*.ts')

/** `section.name: kind` of every word. */
const shapeOf = (words: object, path = ''): string[] =>
  Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'object'
      ? shapeOf(value, `${path}${name}.`)
      : [`${path}${name}: ${typeof value}`],
  )

test('Vietnamese is offered beside English', () => {
  expect(languageCodes).toEqual(expect.arrayContaining(['en', 'vi']))
})

test.each(Object.keys(loaders))('%s has exactly the words that English has', async (path) => {
  const { words } = (await loaders[path]!()).language
  expect(shapeOf(words).toSorted()).toEqual(shapeOf(english.words).toSorted())
})
