import type { Subscriber } from './channel.ts'
import type { Position, Publication } from './publication.ts'

/**
 * A place kept on a channel by somebody about to join. Everything published since it was taken is
 * within reach. `enter` and the reply that tells of it belong into one turn.
 */
export interface Seat {
  readonly channel: string
  readonly hasPast: boolean
  /** Where a subscription that enters now starts. */
  position(): Position
  /** Makes `missed(from)` answerable; false where `from` cannot be continued. */
  prepare(from: Position): Promise<boolean>
  /** Resolves once the channel has this epoch, or was looked at because of it. */
  follow(epoch: string): Promise<void>
  /** Resolves once everything up to these offsets was written. */
  reach(...offsets: number[]): Promise<void>
  /** What was written after `from`, ascending; undefined where it is out of reach (again). */
  missed(from: Position): Publication[] | undefined
  /**
   * Delivers what was missed after `from`, the state written since the seat was taken, then everything
   * live; resets where that is out of reach.
   */
  enter(subscriber: Subscriber, from: Position): void
  /** Whether this user's right to the channel ended since the seat was taken. */
  readonly ended: boolean
  release(): void
}
