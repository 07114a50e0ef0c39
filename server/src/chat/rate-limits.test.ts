import { Refusal } from '@parley/protocol/refusal'
import { describe, expect, it } from 'vitest'
import { createRateLimits } from './rate-limits.ts'

function limitsAt(start = 0) {
  const time = { now: start }
  const limits = createRateLimits(() => time.now)
  const allowed = (action: string, tries: number, userId = 1) => {
    let count = 0
    for (let n = 0; n < tries; n++) {
      try {
        limits.take(action, userId)
        count++
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal)
      }
    }
    return count
  }
  return { time, limits, allowed }
}

describe('rate limits', () => {
  it.each([
    ['messages.send', 2_000],
    ['conversations.create', 30],
    ['users.changePassword', 10],
    ['conversations.list', 300],
    ['toString', 300],
  ])('%s may be done %i times in a row', (action, burst) => {
    expect(limitsAt().allowed(action, 5_000)).toBe(burst)
  })

  it('fill up again with time', () => {
    const { time, allowed } = limitsAt()
    expect(allowed('messages.send', 5_000)).toBe(2_000)
    time.now += 1_000
    expect(allowed('messages.send', 5_000)).toBe(200)
    time.now += 15 * 60 * 1_000
    expect(allowed('messages.send', 5_000)).toBe(2_000)
  })

  it('say how long to wait', () => {
    const { limits, allowed } = limitsAt()
    allowed('users.changePassword', 10)
    expect(() => limits.take('users.changePassword', 1)).toThrow(
      expect.objectContaining({ reason: 'tooManyRequests', retryAfterSeconds: 90 }),
    )
  })

  it('of one person or action leave the others alone', () => {
    const { allowed } = limitsAt()
    expect(allowed('users.changePassword', 20, 1)).toBe(10)
    expect(allowed('users.changePassword', 20, 2)).toBe(10)
    expect(allowed('messages.send', 1, 1)).toBe(1)
  })

  it('are not reset by forgetting idle people', () => {
    const { time, allowed } = limitsAt()
    allowed('users.changePassword', 10)
    time.now += 61_000
    allowed('messages.send', 1, 2)
    expect(allowed('users.changePassword', 10)).toBe(0)
  })
})
