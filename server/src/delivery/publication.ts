/** A place in a channel's past. `epoch` names the numbering; numbers of two epochs do not compare. */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/** What is delivered on a channel. */
export interface Publication {
  readonly channel: string
  /** JSON text, made once and copied as it is to every subscriber. */
  readonly data: string
  /** Absent on channels without a past, and on state, which is no part of one. */
  readonly position?: Position
  /** On a log, after higher numbers: sent without its own, which would move clients back. */
  readonly late?: true
  /** Kept from subscribers who do not want to hear of it. Only on publications without a position. */
  readonly topic?: string
  /** The subscriptions of this user to this channel end right after this publication. */
  readonly endsUser?: string
}
