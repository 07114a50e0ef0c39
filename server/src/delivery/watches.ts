import type { Publication } from './publication.ts'

/** Wants to hear that something happens on channels, not what. */
export interface Watcher {
  /** A change was published on a channel that it watches. */
  stirred(channel: string): void
  /** So may have been one on any of them, and was lost. */
  interrupted(): void
}

/** Who watches which channel of this node. */
export interface Watches {
  has(channel: string): boolean
  add(channel: string, watcher: Watcher): void
  delete(channel: string, watcher: Watcher): void
  /** Changes have positions: whatever else is published stirs nobody. */
  notice(publication: Publication): void
  interrupted(): void
}

export function createWatches(): Watches {
  const watchers = new Map<string, Set<Watcher>>()
  return {
    has: (channel) => watchers.has(channel),
    add(channel, watcher) {
      const all = watchers.get(channel)
      if (all) all.add(watcher)
      else watchers.set(channel, new Set([watcher]))
    },
    delete(channel, watcher) {
      const all = watchers.get(channel)
      if (all?.delete(watcher) && all.size === 0) watchers.delete(channel)
    },
    notice({ channel, position }) {
      if (position) for (const watcher of watchers.get(channel) ?? []) watcher.stirred(channel)
    },
    interrupted() {
      const everybody = new Set<Watcher>()
      for (const all of watchers.values()) for (const watcher of all) everybody.add(watcher)
      for (const watcher of everybody) watcher.interrupted()
    },
  }
}
