import type { DisconnectName } from '@parley/protocol/codes'

interface Allowance {
  burst: number
  perSecond: number
  /** How a connection ends that uses more. */
  end: DisconnectName
}

/** No message is looked at that holds more of them. */
export const commandsAtOnce = 3_000

/**
 * What one connection may use. Clients stay far below: an SDK that comes back with 500 subscriptions,
 * or sends a thousand messages it wrote while it was offline. After `tooManyRequests` SDKs come back,
 * after `tooManyErrors` they do not: who keeps asking for what is refused would do so for good.
 */
const allowances = {
  /** Commands, and the pings and pongs of the WebSocket protocol. */
  commands: { burst: commandsAtOnce, perSecond: 500, end: 'tooManyRequests' },
  bytes: { burst: 32 * 1024 * 1024, perSecond: 4 * 1024 * 1024, end: 'tooManyRequests' },
  /** Refusals that asking again does not change. */
  errors: { burst: 1_000, perSecond: 10, end: 'tooManyErrors' },
} as const satisfies Record<string, Allowance>

export type Spending = keyof typeof allowances

export interface Budget {
  /** undefined while there is enough; else how the connection ends. */
  spend(what: Spending, amount: number): DisconnectName | undefined
}

/** `clock` in milliseconds, never running backwards. */
export function createBudget(clock: () => number = () => performance.now()): Budget {
  const bucket = ({ burst }: Allowance) => ({ left: burst, at: clock() })
  const buckets = {
    commands: bucket(allowances.commands),
    bytes: bucket(allowances.bytes),
    errors: bucket(allowances.errors),
  }
  return {
    spend(what, amount) {
      const bucket = buckets[what]
      const { burst, perSecond, end } = allowances[what]
      const now = clock()
      const filled = bucket.left + ((now - bucket.at) / 1_000) * perSecond
      bucket.left = Math.min(burst, filled) - amount
      bucket.at = now
      return bucket.left < 0 ? end : undefined
    },
  }
}
