import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aMessage, bill, created, john } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'
import { useTyping } from './typing.ts'

const dora = { id: 3, username: 'dora' }

describe('who is typing', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    aPage()
  })
  afterEach(() => vi.useRealTimers())

  test('is shown for five seconds after the last sign', () => {
    const typing = useTyping()
    typing.saw(7, bill)
    vi.advanceTimersByTime(4_000)
    typing.saw(7, bill)
    typing.saw(7, dora)
    vi.advanceTimersByTime(4_000)
    expect(typing.among(7)).toEqual([bill, dora])
    vi.advanceTimersByTime(1_000)
    expect(typing.among(7)).toEqual([])
  })

  test('is not I, on another device', () => {
    const typing = useTyping()
    typing.saw(7, john)
    expect(typing.among(7)).toEqual([])
  })

  test('ends with what they wrote, for them and in that conversation only', () => {
    const typing = useTyping()
    for (const user of [bill, dora]) typing.saw(7, user)
    typing.saw(8, bill)
    typing.apply(7, created(aMessage(11)))
    expect(typing.among(7)).toEqual([dora])
    expect(typing.among(8)).toEqual([bill])
  })

  test('is unknown without a connection', () => {
    const typing = useTyping()
    typing.saw(7, bill)
    typing.clear()
    expect(typing.among(7)).toEqual([])
  })
})
