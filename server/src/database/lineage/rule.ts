/** A place in the database's log, as an order of everything it ever wrote. */
export type Lsn = bigint

/** How far the database was known to have come under an epoch. */
export interface Mark {
  epoch: string
  lsn: Lsn
}

/** What a connection says of its server and of the epoch stored there; undefined: not to be read. */
export interface Reading {
  epoch: string
  /** Epochs that this one continues. */
  past: readonly string[]
  storedSystem: string | undefined
  storedTimeline: string | undefined
  system: string | undefined
  timeline: string | undefined
  lsn: Lsn | undefined
}

/** `continues`: the numbering goes on. `unnamed`: it does, and its server is to be stored with it. */
export type Verdict = 'continues' | 'unnamed' | Break

/** Why the numbers may have gone back. */
export type Break = 'anotherServer' | 'anotherTimeline' | 'wentBack' | 'unknownPast'

/**
 * Whether the numbering goes on where everybody left it. A mark of an epoch that this one continues
 * says nothing any more; one of an epoch that is not known here was made after what is here.
 */
export function verdictOn(now: Reading, marks: readonly Mark[]): Verdict {
  if (differ(now.storedSystem, now.system)) return 'anotherServer'
  if (differ(now.storedTimeline, now.timeline)) return 'anotherTimeline'
  for (const mark of marks) {
    if (mark.epoch === now.epoch) {
      if (now.lsn !== undefined && now.lsn < mark.lsn) return 'wentBack'
    } else if (!now.past.includes(mark.epoch)) return 'unknownPast'
  }
  const unnamed =
    (now.storedSystem === undefined && now.system !== undefined) ||
    (now.storedTimeline === undefined && now.timeline !== undefined)
  return unnamed ? 'unnamed' : 'continues'
}

const differ = (stored: string | undefined, present: string | undefined): boolean =>
  stored !== undefined && present !== undefined && stored !== present

/** The later mark: the higher one of an epoch, and of two epochs the one that continues the other. */
export function laterMark(known: Mark | undefined, next: Mark, past: readonly string[]): Mark {
  if (!known) return next
  if (known.epoch === next.epoch) return next.lsn > known.lsn ? next : known
  return past.includes(known.epoch) ? next : known
}

/** From PostgreSQL's `16/B374D848`. */
export function lsnOf(text: string): Lsn {
  const [high, low] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

export const lsnText = (lsn: Lsn): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
