import type { CatchUp } from './catch-up.ts'
import type { Arrival, Channel, Subscriber } from './channel.ts'
import type { Flusher } from './flusher.ts'
import { framesOf, type Encode, type Frame } from './frame.ts'
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

interface Parts {
  channel: Channel
  arrival: Arrival
  catchUp: CatchUp
  flusher: Flusher
  encode: Encode
}

export function createSeat({ channel, arrival, catchUp, flusher, encode }: Parts): Seat {
  const missed = (from: Position) => {
    if (channel.kind === 'plain') return []
    const continues = from.epoch === channel.epoch && from.offset <= channel.flushed
    return continues ? channel.flushedAfter(from.offset) : undefined
  }
  return {
    channel: channel.name,
    hasPast: channel.kind !== 'plain',
    position: () => channel.position,
    async prepare(from) {
      const continues = await catchUp.prepare(channel, from)
      if (continues && from.offset > channel.flushed) await flusher.settled(channel)
      return continues
    },
    follow: (epoch) => catchUp.follow(channel, epoch),
    async reach(...offsets) {
      if (!offsets.every((offset) => channel.has(offset))) await catchUp.reach(channel, offsets)
      await flusher.settled(channel)
    },
    missed,
    enter(subscriber, from) {
      const unseen = missed(from)
      if (!unseen) {
        subscriber.reset(channel.name)
        return
      }
      for (const frame of framesOf(unseen, encode)) {
        subscriber.deliver(frame)
        if (frame.endsUser === subscriber.user) {
          subscriber.ended(channel.name)
          return
        }
      }
      for (const frame of framesOf(arrival.state, encode)) deliver(subscriber, frame)
      channel.subscribers.add(subscriber)
    },
    get ended() {
      return arrival.ended
    },
    release: () => void channel.arrivals.delete(arrival),
  }
}

export function deliver(subscriber: Subscriber, frame: Frame): void {
  if (frame.topic === undefined || subscriber.hears(frame.topic)) subscriber.deliver(frame)
}
