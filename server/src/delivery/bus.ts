import type { Publication } from './publication.ts'

/** To every node: the rights of this user changed, their sessions read them again. */
export interface Recheck {
  readonly user: string
}

export interface BusListener {
  publication(publication: Publication): void
  recheck(recheck: Recheck): void
  /** Something may have been lost: positions are worth comparing now. */
  interrupted(): void
}

/**
 * Carries live publications between nodes. Lossy by contract: nothing is stored, and what is
 * published while a node is cut off never reaches it. Order is kept per channel and publisher at best.
 */
export interface Bus {
  /** To every node that subscribed to the channel, this one included. Never throws. */
  publish(publication: Publication): void
  recheck(recheck: Recheck): void
  /** Resolves when later publications of the channel reach this node. */
  subscribe(channel: string): Promise<void>
  unsubscribe(channel: string): void
  /** One listener per node, set before the first subscribe. */
  listen(listener: BusListener): void
  close(): Promise<void>
}
