import { expect, test } from 'vitest'
import { Channel } from './channel.ts'
import type { Publication } from './publication.ts'

const epoch = 'e1'
const numbered = (offset: number): Publication => ({
  channel: 'conversation:1',
  position: { epoch, offset },
  data: `"${offset}"`,
})
const state = (name: string): Publication => ({ channel: 'conversation:1', data: `"${name}"` })

function aLine(): Channel {
  const channel = new Channel('conversation:1', 'line')
  channel.startAt({ epoch, offset: 0 })
  return channel
}

const dataOf = (publications: Publication[] | undefined) =>
  publications?.map(({ data }) => JSON.parse(data))

test('state between numbers hides nothing from whoever resumes, and is never part of the past', () => {
  const channel = aLine()
  for (const offset of [1, 2, 3]) channel.accept(numbered(offset))
  channel.takePending()
  for (const name of ['a', 'b']) channel.accept(state(name))
  expect(dataOf(channel.flushedAfter(0))).toEqual(['1', '2', '3'])
  channel.accept(numbered(4))
  channel.accept(state('c'))
  expect(dataOf(channel.flushedAfter(0))).toEqual(['1', '2', '3'])
  expect(dataOf(channel.takePending())).toEqual(['a', 'b', '4', 'c'])
  expect(dataOf(channel.flushedAfter(0))).toEqual(['1', '2', '3', '4'])
  expect(channel.position.offset).toBe(4)
})

test('a ring gives up written numbers only, however much state waits', () => {
  const channel = aLine()
  for (let offset = 1; offset <= 10; offset++) channel.accept(numbered(offset))
  channel.takePending()
  channel.accept(numbered(11))
  for (let index = 0; index < 5; index++) channel.accept(state('typing'))
  channel.shrink()
  expect(channel.floor).toBe(6)
  expect(dataOf(channel.flushedAfter(6))).toEqual(['7', '8', '9', '10'])
  channel.takePending()
  expect(dataOf(channel.flushedAfter(6))).toEqual(['7', '8', '9', '10', '11'])
})

test('what comes after a gap does not hold state back, and keeps its own order', () => {
  const channel = aLine()
  channel.accept(state('a'))
  expect(channel.accept(numbered(2))).toBe('gap')
  channel.accept(state('b'))
  expect(dataOf(channel.takePending())).toEqual(['a', 'b'])
  expect(channel.position.offset).toBe(0)
  channel.accept(numbered(1))
  channel.accept(state('c'))
  expect(dataOf(channel.takePending())).toEqual(['1', '2', 'c'])
})
