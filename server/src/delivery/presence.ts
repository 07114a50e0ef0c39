/** One connection on a channel. */
export interface PresenceEntry {
  readonly client: string
  readonly user: string
}

/** Who is on a channel, over all nodes. */
export interface Presence {
  list(channel: string): Promise<PresenceEntry[]>
}

export const presenceStats = (entries: PresenceEntry[]) => ({
  clients: entries.length,
  users: new Set(entries.map((entry) => entry.user)).size,
})
