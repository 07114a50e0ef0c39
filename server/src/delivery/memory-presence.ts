import type { Presence, PresenceEntry } from './presence.ts'

export function memoryPresence(): Presence {
  const channels = new Map<string, Map<string, PresenceEntry>>()
  return {
    async enter(channel, entry) {
      let entries = channels.get(channel)
      if (!entries) channels.set(channel, (entries = new Map()))
      entries.set(entry.client, entry)
    },
    async leave(channel, client) {
      const entries = channels.get(channel)
      entries?.delete(client)
      if (entries?.size === 0) channels.delete(channel)
    },
    async list(channel) {
      return [...(channels.get(channel)?.values() ?? [])]
    },
  }
}
