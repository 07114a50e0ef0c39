import type { Hub } from './hub.ts'
import type { Presence } from './presence.ts'

/** The presence of a single node: whoever its hub delivers to. Keeps nothing of its own. */
export const memoryPresence = (hub: Pick<Hub, 'subscribers'>): Presence => ({
  list: async (channel) =>
    Array.from(hub.subscribers(channel), ({ client, user }) => ({ client, user })),
})
