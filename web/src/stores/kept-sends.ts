import type { ConversationId } from '@parley/protocol/ids'
import type { Outgoing } from './outbox.ts'

const keptMs = 10 * 60_000

/**
 * My sends of the last ten minutes that the server has stored. Where its numbers went back (a restored
 * database, a failover that lost commits) they may be gone there, and are offered again: the key makes
 * that safe where they are not.
 */
export function createKeptSends(now: () => number = Date.now) {
  const kept = new Map<string, { outgoing: Outgoing; untilMs: number }>()

  return {
    keep(outgoing: Outgoing): void {
      for (const [clientKey, { untilMs }] of kept) {
        if (untilMs > now()) break
        kept.delete(clientKey)
      }
      kept.delete(outgoing.clientKey)
      kept.set(outgoing.clientKey, { outgoing, untilMs: now() + keptMs })
    },
    forget: (clientKey: string) => void kept.delete(clientKey),
    /** In the order in which they were stored. */
    take(id: ConversationId): Outgoing[] {
      const taken: Outgoing[] = []
      for (const [clientKey, { outgoing, untilMs }] of kept) {
        if (outgoing.conversationId !== id) continue
        kept.delete(clientKey)
        if (untilMs > now()) taken.push(outgoing)
      }
      return taken
    },
  }
}
