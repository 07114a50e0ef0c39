import { expect, test } from 'vitest'
import { batchPerTurn } from './batch-per-turn.ts'

/** A loader that doubles numbers and keeps what it was asked together; 0 is its undoing. */
function aLoader() {
  const batches: number[][] = []
  const load = batchPerTurn<number, number>(async (keys) => {
    batches.push(keys)
    if (keys.includes(0)) throw new Error('no zero')
    return keys.map((key) => key * 2)
  })
  return { batches, load }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what is asked within one turn is loaded together, and each gets its own answer', async () => {
  const { batches, load } = aLoader()
  const first = load(1)
  const second = Promise.resolve().then(() => load(2))
  expect(await Promise.all([first, second, load(1)])).toEqual([2, 4, 2])
  await turn()
  expect(batches).toEqual([[1, 1, 2]])
})

test('what is asked a turn later is another load, also while the first one runs', async () => {
  const { batches, load } = aLoader()
  const first = load(1)
  await turn()
  expect(await Promise.all([first, load(2)])).toEqual([2, 4])
  expect(batches).toEqual([[1], [2]])
})

test('a load that fails fails for all who asked in that turn, and for nobody later', async () => {
  const { batches, load } = aLoader()
  const answers = await Promise.allSettled([load(1), load(0)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await load(3)).toBe(6)
  expect(batches).toEqual([[1, 0], [3]])
})
