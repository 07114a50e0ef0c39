import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { OpenLimiter } from './sign-in-limits.ts'

/** Counters that all nodes share; while Redis is away each node counts by itself. */
export const limitersInRedis =
  (client: object, prefix: string): OpenLimiter =>
  ({ keyPrefix, ...options }) =>
    new RateLimiterRedis({
      storeClient: client,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, ...options }),
      keyPrefix: `${prefix}:limit:${keyPrefix}`,
      ...options,
    })
