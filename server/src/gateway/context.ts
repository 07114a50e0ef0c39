import type { ChannelClients } from '../delivery/channel-clients.ts'
import type { Hub } from '../delivery/hub.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Rules } from './rules.ts'
import type { Session } from './session.ts'

/** What the commands of every session share. */
export interface Context {
  readonly hub: Hub
  readonly clients: ChannelClients
  readonly rules: Rules
  readonly log: Logger
  readonly metrics: Metrics
  readonly version: string
  readonly pingIntervalMs: number
  /** Resolves when a connection of this user may be answered. */
  calm(user: string): Promise<void>
  /** Sessions by user; a session is in here before its rights are read. */
  register(session: Session): void
  /** From now on the session is put on these once something changes there. */
  watch(session: Session, channels: readonly string[]): Promise<void>
  /** The connect reply is out: pings start, and rights that changed meanwhile are read again. */
  connected(session: Session): void
  /** Ends the session some grace after this time unless it was refreshed; undefined: never. */
  expireAt(session: Session, atMs: number | undefined): void
}
