import type { Logger } from '../logger.ts'
import type { Roster } from './roster.ts'

/** Somebody's first session on any node has begun, or their last one ended. */
export interface PresenceChange {
  readonly user: string
  readonly online: boolean
}

/** Who is online: has a session on any node, or had one until some seconds ago. */
export interface Presence {
  /** A session of this user began on this node; each needs its `leave`. */
  enter(user: string): void
  leave(user: string): void
  /** As of the last changes that were told, so that state and changes fit together. */
  isOnline(user: string): boolean
  /** As of now, which may not have been told yet. */
  hasSession(user: string): boolean
  /** Other nodes that are known and have not been silent for too long. */
  readonly otherNodes: number
  /**
   * One listener per node; it hears of a user on any node, about once a second and never again before
   * it has resolved. What it rejects is told again.
   */
  listen(listener: (changes: PresenceChange[]) => Promise<void>): void
  close(): Promise<void>
}

export interface PresenceTimers {
  /** How often changes are told, here and to other nodes. */
  intervalMs?: number
  /** A reload of the page takes less: it does not make anybody go offline. */
  graceMs?: number
  /** The people of a node that has been silent for so long are gone. */
  expiryMs?: number
}

export const presenceDefaults = { intervalMs: 1_000, graceMs: 3_000, expiryMs: 15_000 }

/** What a driver does about other nodes. */
export interface Exchange {
  /** Called every interval, before changes are told. */
  tick(): void
  close(): Promise<void>
}

interface PresenceOptions {
  roster: Roster
  exchange?: Exchange
  intervalMs: number
  log: Logger
}

/** Changes told at once; more wait for the next interval. */
const changesMax = 1_000

/** Tells, every interval, what changed in the roster. */
export function createPresence({ roster, exchange, intervalMs, log }: PresenceOptions): Presence {
  let listener = async (_changes: PresenceChange[]): Promise<void> => {}
  let telling = false
  const ticks = setInterval(() => {
    roster.settle()
    exchange?.tick()
    void tell()
  }, intervalMs).unref()

  async function tell(): Promise<void> {
    if (telling) return
    const changes = roster.takeChanges(changesMax)
    if (changes.length === 0) return
    telling = true
    try {
      await listener(changes)
    } catch (error) {
      log.warn({ err: error }, 'could not tell who came and went, trying again')
      roster.giveBack(changes)
    }
    telling = false
  }

  return {
    enter: roster.enter,
    leave: roster.leave,
    isOnline: roster.isOnline,
    hasSession: roster.isSomewhere,
    get otherNodes() {
      return roster.otherNodes
    },
    listen(next) {
      listener = next
    },
    async close() {
      clearInterval(ticks)
      await exchange?.close()
    },
  }
}
