import type { Hub } from '../delivery/hub.ts'
import type { Watcher } from '../delivery/watches.ts'
import type { Session } from './session.ts'

/** Channels that sessions are put on as soon as something changes there. */
export interface Watching {
  /** These, and no others from now on. Resolves when no later change is missed. */
  follow(session: Session, channels: readonly string[]): Promise<void>
  /** Those of them on which something has changed, and those that are new to the session. */
  due(session: Session, channels: readonly string[]): string[]
  forget(session: Session): void
}

interface Followed extends Watcher {
  readonly channels: Set<string>
  readonly changed: Set<string>
}

export function createWatching(hub: Hub, recheck: (session: Session) => void): Watching {
  const bySession = new Map<Session, Followed>()

  function followedBy(session: Session): Followed {
    const changed = new Set<string>()
    const followed: Followed = {
      channels: new Set(),
      changed,
      stirred(channel) {
        if (changed.has(channel)) return
        changed.add(channel)
        recheck(session)
      },
      interrupted: () => recheck(session),
    }
    bySession.set(session, followed)
    return followed
  }

  function unfollow(followed: Followed, channel: string): void {
    followed.channels.delete(channel)
    followed.changed.delete(channel)
    hub.unwatch(channel, followed)
  }

  return {
    async follow(session, channels) {
      if (session.closed || (channels.length === 0 && !bySession.has(session))) return
      const followed = bySession.get(session) ?? followedBy(session)
      const wanted = new Set(channels)
      for (const channel of followed.channels) if (!wanted.has(channel)) unfollow(followed, channel)
      const added = channels.filter((channel) => !followed.channels.has(channel))
      for (const channel of added) followed.channels.add(channel)
      await Promise.all(added.map((channel) => hub.watch(channel, followed)))
    },

    due(session, channels) {
      const followed = bySession.get(session)
      return channels.filter(
        (channel) => !followed?.channels.has(channel) || followed.changed.has(channel),
      )
    },

    forget(session) {
      const followed = bySession.get(session)
      if (!followed) return
      for (const channel of followed.channels) unfollow(followed, channel)
      bySession.delete(session)
    },
  }
}
