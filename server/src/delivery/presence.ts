export interface PresenceEntry {
  readonly client: string
  readonly user: string
}

/** Who is on a channel, over all nodes. Entries of a node that dies expire by themselves. */
export interface Presence {
  enter(channel: string, entry: PresenceEntry): Promise<void>
  leave(channel: string, client: string): Promise<void>
  list(channel: string): Promise<PresenceEntry[]>
}

export const presenceStats = (entries: PresenceEntry[]) => ({
  clients: entries.length,
  users: new Set(entries.map((entry) => entry.user)).size,
})
