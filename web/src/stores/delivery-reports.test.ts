import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDeliveryReports } from './delivery-reports.ts'

type Positions = { id: number; seq: number }[]

function reports({ known = 0, failing = { now: false } } = {}) {
  const sent: Positions[] = []
  const deliveries = createDeliveryReports({
    async report(positions) {
      sent.push(positions)
      if (failing.now) throw new Error('cut')
    },
    known: () => known,
  })
  return { ...deliveries, sent }
}

describe('reports of what has arrived', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const second = () => vi.advanceTimersByTimeAsync(1_000)

  test('go out once a second, for all conversations together', async () => {
    const { note, sent } = reports()
    note(1, 5)
    note(2, 9)
    note(1, 6)
    expect(sent).toEqual([])
    await second()
    expect(sent).toEqual([
      [
        { id: 1, seq: 6 },
        { id: 2, seq: 9 },
      ],
    ])
    note(1, 6)
    await second()
    expect(sent).toHaveLength(1)
  })

  test('leave out what the server knows already, because I have read it', async () => {
    const { note, sent } = reports({ known: 6 })
    note(1, 6)
    await second()
    expect(sent).toEqual([])
    note(1, 7)
    await second()
    expect(sent).toEqual([[{ id: 1, seq: 7 }]])
  })

  test('are sent again when they got lost, with what came since', async () => {
    const failing = { now: true }
    const { note, sent } = reports({ failing })
    note(1, 5)
    await second()
    note(1, 8)
    note(2, 1)
    failing.now = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect(sent.slice(1)).toEqual([
      [
        { id: 1, seq: 8 },
        { id: 2, seq: 1 },
      ],
    ])
  })

  test('begin anew with lower numbers', async () => {
    const { note, drop, sent } = reports()
    note(1, 50)
    await second()
    drop(1)
    note(1, 3)
    await second()
    expect(sent.at(-1)).toEqual([{ id: 1, seq: 3 }])
  })
})
