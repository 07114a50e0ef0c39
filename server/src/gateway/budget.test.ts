import { describe, expect, it } from 'vitest'
import { createBudget, type Spending } from './budget.ts'

function aBudget() {
  const time = { now: 0 }
  const budget = createBudget(() => time.now)
  /** How many single things fit before the end, and how that is called. */
  const spendAll = (what: Spending, amount = 1) => {
    for (let count = 0; ; count++) {
      const end = budget.spend(what, amount)
      if (end) return { count, end }
    }
  }
  return { time, budget, spendAll }
}

describe('what one connection may use', () => {
  it('is over after 3,000 commands, 32 MiB or 1,000 errors at once', () => {
    expect(aBudget().spendAll('commands')).toEqual({ count: 3_000, end: 'tooManyRequests' })
    expect(aBudget().spendAll('bytes', 65_536)).toEqual({ count: 512, end: 'tooManyRequests' })
    expect(aBudget().spendAll('errors')).toEqual({ count: 1_000, end: 'tooManyErrors' })
  })

  it('lasts for good at 500 commands and 10 errors a second', () => {
    const { time, budget } = aBudget()
    const ends = new Set<string | undefined>()
    for (let second = 0; second < 3_600; second++) {
      ends.add(budget.spend('commands', 500)).add(budget.spend('errors', 10))
      time.now += 1_000
    }
    expect([...ends]).toEqual([undefined])
  })

  it('is never more than at the start, however long nothing was asked', () => {
    const { time, spendAll } = aBudget()
    time.now += 24 * 3_600 * 1_000
    expect(spendAll('commands').count).toBe(3_000)
  })
})
