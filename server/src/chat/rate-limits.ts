import type { OperationName } from '@parley/protocol/operations'
import type { UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Taken } from '../delivery/bus.ts'

/** How often one person may do one thing, whichever door it comes through. */
export interface RateLimits {
  /** @throws Refusal `tooManyRequests` with `retryAfterSeconds` */
  take(action: string, userId: UserId): void
  /** What this person did on another node. */
  takenElsewhere(taken: Taken): void
}

interface Allowance {
  burst: number
  perSecond: number
}

const fallback: Allowance = { burst: 300, perSecond: 100 }
const special: Partial<Record<OperationName, Allowance>> = {
  'messages.send': { burst: 2_000, perSecond: 200 },
  'messages.edit': { burst: 100, perSecond: 20 },
  'conversations.delivered': { burst: 60, perSecond: 5 },
  'conversations.typing': { burst: 20, perSecond: 2 },
  'users.list': { burst: 100, perSecond: 10 },
  'users.changeProfile': { burst: 20, perSecond: 20 / 60 },
  'conversations.direct': { burst: 30, perSecond: 30 / 60 },
  'conversations.change': { burst: 30, perSecond: 30 / 60 },
  'conversations.prefer': { burst: 100, perSecond: 5 },
  'conversations.create': { burst: 30, perSecond: 30 / 60 },
  'members.add': { burst: 100, perSecond: 5 },
  'users.changeSettings': { burst: 20, perSecond: 20 / 60 },
  'users.changePassword': { burst: 10, perSecond: 10 / (15 * 60) },
}
const allowances = new Map<string, Allowance>(Object.entries(special))
const toldShare = 20
const sweepEveryMs = 60_000

interface Bucket {
  tokens: number
  at: number
  /** Taken here, and not told to other nodes. */
  untold: number
  allowance: Allowance
}

/**
 * Token buckets in this process, which asks nobody. What a person takes is told to the other nodes in
 * twentieths of an allowance, and counts there too: so two nodes allow little more than one.
 * `clock` in milliseconds, never running backwards.
 */
export function createRateLimits(
  clock: () => number = () => performance.now(),
  tellOthers: (taken: Taken) => void = () => {},
): RateLimits {
  const buckets = new Map<string, Bucket>()
  let sweptAt = clock()

  function bucketOf(action: string, userId: UserId): Bucket {
    const now = clock()
    if (now - sweptAt >= sweepEveryMs) {
      sweptAt = now
      dropFull(buckets, now)
    }
    const key = `${action}:${userId}`
    const bucket = buckets.get(key) ?? open(action, now)
    buckets.set(key, bucket)
    bucket.tokens = tokensAt(bucket, now)
    bucket.at = now
    return bucket
  }

  return {
    take(action, userId) {
      const bucket = bucketOf(action, userId)
      if (bucket.tokens < 1) {
        const seconds = (1 - bucket.tokens) / bucket.allowance.perSecond
        throw new Refusal('tooManyRequests', { retryAfterSeconds: Math.ceil(seconds) })
      }
      bucket.tokens -= 1
      if (++bucket.untold < bucket.allowance.burst / toldShare) return
      tellOthers({ action, userId, amount: bucket.untold })
      bucket.untold = 0
    },
    takenElsewhere({ action, userId, amount }) {
      const bucket = bucketOf(action, userId)
      // Below zero: two nodes that are asked at once would else refill twice as fast as one.
      bucket.tokens = Math.max(-bucket.allowance.burst, bucket.tokens - amount)
    },
  }
}

function open(action: string, now: number): Bucket {
  const allowance = allowances.get(action) ?? fallback
  return { tokens: allowance.burst, at: now, untold: 0, allowance }
}

const tokensAt = ({ tokens, at, allowance }: Bucket, now: number): number =>
  Math.min(allowance.burst, tokens + ((now - at) / 1000) * allowance.perSecond)

/** A full bucket says what no bucket says: so memory follows who was active lately. */
function dropFull(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) {
    if (tokensAt(bucket, now) >= bucket.allowance.burst) buckets.delete(key)
  }
}
