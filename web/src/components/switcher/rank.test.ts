import { expect, test } from 'vitest'
import { aConversation } from '../../stores/testing/builders.ts'
import { placesOf, rank } from './rank.ts'

const named = (...names: string[]) =>
  placesOf(names.map((name, index) => aConversation({ id: index + 1, name })))
const found = (names: string[], query: string) =>
  rank(named(...names), query).map(({ name }) => name)

test('case and accents do not matter, and đ counts as d', () => {
  expect(found(['Tiếng Việt', 'English', 'Đà Nẵng'], 'tieng viet')).toEqual(['Tiếng Việt'])
  expect(found(['Tiếng Việt', 'English', 'Đà Nẵng'], 'DA N')).toEqual(['Đà Nẵng'])
})

test('a name that begins so comes before a word that does, and before the middle of one', () => {
  const names = ['Unplanned', 'Release plans', 'Planning', 'Garden', 'plan B']
  expect(found(names, 'plan')).toEqual(['Planning', 'plan B', 'Release plans', 'Unplanned'])
})

test('without a query unread ones come first, otherwise in the given order', () => {
  const conversations = [3, 1, 2].map((id) =>
    aConversation({ id, name: `number ${id}`, unread: id === 2 ? 5 : 0 }),
  )
  expect(rank(placesOf(conversations), ' ').map(({ id }) => id)).toEqual([2, 3, 1])
})

test('a thousand names are searched well within a frame', () => {
  const places = named(...Array.from({ length: 1_000 }, (_, n) => `Phòng họp số ${n} của nhóm`))
  rank(places, 'warm')
  const before = performance.now()
  for (let n = 0; n < 20; n++) expect(rank(places, 'so 9')).toHaveLength(50)
  expect((performance.now() - before) / 20).toBeLessThan(16)
})
