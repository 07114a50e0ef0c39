import type { Position, Publication } from './publication.ts'

/**
 * - `line`: numbers 1, 2, 3 … without holes; whoever has n knows what is missing.
 * - `log`: growing numbers with holes; a late, lower number is possible and still delivered.
 * - `plain`: no past and no numbers.
 */
export type ChannelKind = 'line' | 'log' | 'plain'

export interface Stretch {
  /** The channel's end, in the same snapshot as the publications. */
  readonly top: Position
  readonly publications: Publication[]
}

/** A channel's past. Reads are consistent snapshots; a channel nobody wrote to is empty at offset 0. */
export interface History {
  kindOf(channel: string): ChannelKind
  top(channel: string): Promise<Position>
  /** Ascending, the first `limit` after `offset`. */
  after(channel: string, offset: number, limit: number): Promise<Stretch>
  /** A line ends before a number of this epoch that was published: from now on it has another epoch. */
  wentBack(epoch: string): Promise<void>
}
