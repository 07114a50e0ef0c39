import { expect, test } from 'vitest'
import { usePaged } from './paged.ts'

/** Numbers in pages of two; each answer waits until it is let go. */
function aList(entries: number[]) {
  const waiting: (() => void)[] = []
  const list = usePaged<number>(async (after) => {
    const rest = entries.slice(entries.indexOf(after!) + 1)
    await new Promise<void>((resolve) => waiting.push(resolve))
    return { entries: rest.slice(0, 2), more: rest.length > 2 }
  })
  const answer = async (index = 0) => {
    waiting.splice(index, 1)[0]!()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { list, answer, entries }
}

test('two questions at once: what was asked last is shown, whichever answer comes first', async () => {
  const { list, answer } = aList([1, 2, 3])
  void list.reload()
  await answer()
  void list.loadMore()
  void list.reload()
  await answer(1)
  await answer(0)
  expect(list.entries.value).toEqual([1, 2])
  expect(list.more.value).toBe(true)
})

test('whoever reads far down stays there when something new comes', async () => {
  const { list, answer, entries } = aList([1, 2, 3, 4, 5])
  void list.reload()
  await answer()
  void list.loadMore()
  await answer()
  entries.unshift(0)
  void list.reload()
  await answer()
  await answer()
  expect(list.entries.value).toEqual([0, 1, 2, 3])
})
