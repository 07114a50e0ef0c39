import type { PresenceEntry } from './channel-clients.ts'
import type { Publication } from './publication.ts'

/** How often a user was allowed to do something. */
export interface Taken {
  readonly action: string
  readonly userId: number
  readonly amount: number
}

/** What nodes tell each other besides publications. Small: each message goes to every node. */
export type ControlMessage =
  /** The rights of this user changed, their sessions read them again. */
  | { readonly type: 'recheck'; readonly user: string }
  /** Who has, and no longer has, a session on the node, from one version of its list to another. */
  | {
      readonly type: 'online'
      readonly node: string
      readonly from: number
      readonly version: number
      readonly came: readonly string[]
      readonly left: readonly string[]
    }
  /** The node stops. */
  | { readonly type: 'gone'; readonly node: string }
  /** Each other node answers with its clients on the channel; `perUser`: one of each user. */
  | {
      readonly type: 'clients'
      readonly request: string
      readonly channel: string
      readonly perUser: boolean
    }
  /** That answer; `total` counts also those that it leaves out. */
  | {
      readonly type: 'clientsAre'
      readonly request: string
      readonly total: number
      readonly entries: readonly PresenceEntry[]
    }
  /** A node let a user do something so often, which counts on all nodes. */
  | ({ readonly type: 'taken'; readonly node: string } & Taken)

export interface BusListener {
  publication(publication: Publication): void
  control(message: ControlMessage): void
  /** Something may have been lost: positions are worth comparing now. */
  interrupted(): void
}

/**
 * Carries live publications between nodes. Lossy by contract: nothing is stored, and what is
 * published while a node is cut off never reaches it. Order is kept per channel and publisher at best.
 */
export interface Bus {
  /** To every node that subscribed to the channel; to this one in the same turn. Never throws. */
  publish(publication: Publication): void
  /** To every node; to this one in the same turn. Never throws. */
  control(message: ControlMessage): void
  /** Resolves when later publications of the channel reach this node, or cannot for now. Never rejects. */
  subscribe(channel: string): Promise<void>
  unsubscribe(channel: string): void
  /** Whether other nodes' publications reach this one, as far as it can know. */
  readonly connected: boolean
  /** Publications and messages that were not handed over, since the start. */
  readonly dropped: number
  /** Each listener hears everything; set before the first subscribe. */
  listen(listener: Partial<BusListener>): void
  close(): Promise<void>
}

/** Hands what comes to all who listen. */
export function createListeners(): BusListener & {
  add(listener: Partial<BusListener>): void
  clear(): void
} {
  const all: Partial<BusListener>[] = []
  return {
    add: (listener) => void all.push(listener),
    clear: () => void all.splice(0),
    publication(publication) {
      for (const listener of all) listener.publication?.(publication)
    },
    control(message) {
      for (const listener of all) listener.control?.(message)
    },
    interrupted() {
      for (const listener of all) listener.interrupted?.()
    },
  }
}
