import { unsubscribes, type UnsubscribeName } from '@parley/protocol/codes'
import type { Push } from './codec/codec.ts'
import type { Screen } from './rules.ts'

export const unsubscribePush = (channel: string, reason: UnsubscribeName): Push => ({
  push: { channel, unsubscribe: unsubscribes[reason] },
})

export const subscribePush = (channel: string, screen: Partial<Screen>): Push => ({
  push: {
    channel,
    subscribe: screen.epoch === undefined ? {} : { recoverable: true, positioned: true, ...screen },
  },
})
