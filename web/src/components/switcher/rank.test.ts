import { expect, test } from 'vitest'
import { aConversation } from '../../stores/testing/builders.ts'
import { conversationPlace, personPlace, rank } from './rank.ts'

const named = (...names: string[]) =>
  names.map((name, index) => conversationPlace(aConversation({ id: index + 1, name })))
const found = (names: string[], query: string) =>
  rank(named(...names), query).map(({ title }) => title)

test('case and accents do not matter, đ counts as d, and a final sigma as any other', () => {
  for (const query of ['ΣΙΣΥΦΟΣ', 'ΣΙΣ', 'σίσυφος'])
    expect(found(['Σίσυφος', 'English'], query)).toEqual(['Σίσυφος'])
  expect(found(['Tiếng Việt', 'English', 'Đà Nẵng'], 'tieng viet')).toEqual(['Tiếng Việt'])
  expect(found(['Tiếng Việt', 'English', 'Đà Nẵng'], 'DA N')).toEqual(['Đà Nẵng'])
})

test('a name that begins so comes before a word that does, and before the middle of one', () => {
  const names = ['Unplanned', 'Release plans', 'Planning', 'Garden', 'plan B']
  expect(found(names, 'plan')).toEqual(['Planning', 'plan B', 'Release plans', 'Unplanned'])
})

test('people are found by either of their names', () => {
  const anna = personPlace({ id: 7, username: 'anna.k', fullName: 'Ánna Kovács' })
  const nobody = personPlace({ id: 8, username: 'bo', fullName: '' })
  expect(rank([nobody, anna], 'kovacs')).toEqual([anna])
  expect(rank([nobody, anna], 'anna.')).toEqual([anna])
})

test('without a query unread ones come first, otherwise in the given order', () => {
  const places = [3, 1, 2].map((id) =>
    conversationPlace(aConversation({ id, name: `number ${id}`, unread: id === 2 ? 5 : 0 })),
  )
  expect(rank(places, ' ').map(({ title }) => title)).toEqual(['number 2', 'number 3', 'number 1'])
})

test('a thousand names are searched well within a frame', () => {
  const places = named(...Array.from({ length: 1_000 }, (_, n) => `Phòng họp số ${n} của nhóm`))
  rank(places, 'warm')
  const before = performance.now()
  for (let n = 0; n < 20; n++) expect(rank(places, 'so 9')).toHaveLength(50)
  expect((performance.now() - before) / 20).toBeLessThan(16)
})
