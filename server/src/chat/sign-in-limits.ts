import { Refusal } from '@parley/protocol/refusal'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { addressKey } from './addresses.ts'

/** How often signing in may fail. */
export interface SignInLimits {
  /**
   * Counts an attempt as failed before it is judged, so that attempts made at once cannot slip
   * through together. Call the answer when it did not fail.
   * @throws Refusal `tooManyRequests` with `retryAfterSeconds`
   */
  reserve(account: string, address: string): Promise<() => Promise<void>>
}

type Limiter = Pick<RateLimiterAbstract, 'consume' | 'reward'>
/** Opens a counter that all nodes share, or by default one in this process. */
export type OpenLimiter = (options: {
  keyPrefix: string
  points: number
  duration: number
}) => Limiter

const duration = 15 * 60
const perAccountAndAddress = { keyPrefix: 'sign-in:account', points: 10, duration }
const perAddress = { keyPrefix: 'sign-in:address', points: 100, duration }

const inMemory: OpenLimiter = (options) => new RateLimiterMemory(options)

export function createSignInLimits(open: OpenLimiter = inMemory): SignInLimits {
  const accounts = open(perAccountAndAddress)
  const addresses = open(perAddress)
  return {
    async reserve(account, address) {
      const place = addressKey(address)
      const giveBackAddress = await take(addresses, place)
      try {
        const giveBackAccount = await take(accounts, `${place} ${account}`)
        return async () => {
          await Promise.all([giveBackAddress(), giveBackAccount()])
        }
      } catch (error) {
        await giveBackAddress()
        throw error
      }
    },
  }
}

async function take(limiter: Limiter, key: string): Promise<() => Promise<void>> {
  const giveBack = async () => {
    await limiter.reward(key, 1)
  }
  try {
    await limiter.consume(key, 1)
    return giveBack
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason
    await giveBack()
    throw new Refusal('tooManyRequests', {
      message: 'Too many failed attempts to sign in.',
      retryAfterSeconds: Math.max(1, Math.ceil(reason.msBeforeNext / 1000)),
    })
  }
}
