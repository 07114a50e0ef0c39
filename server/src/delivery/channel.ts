import type { Frame } from './frame.ts'
import type { ChannelKind } from './history.ts'
import type { Position, Publication } from './publication.ts'

/** One session's end of a channel. Called in the turn in which the hub writes. */
export interface Subscriber {
  readonly client: string
  readonly user: string
  deliver(frame: Frame): void
  /** Whether this session is sent publications of the topic. */
  hears(topic: string): boolean
  /** The subscription ended with what was delivered last. */
  ended(channel: string): void
  /** The past is not reachable from where the subscription stood: it has to start anew. */
  reset(channel: string): void
}

/** Somebody about to join; learns what nobody can read again later. */
export interface Arrival {
  readonly user: string
  /** The right to join ended meanwhile. */
  ended: boolean
  /** State that was written meanwhile: publications without a position. */
  readonly state: Publication[]
}

const ringMaxEntries = 1_000
const ringMaxChars = 512 * 1024

/**
 * What one node knows of one channel: how far it has come in order (`accepted`), how far that was
 * written to sockets (`flushed`), and the latest publications.
 */
export class Channel {
  readonly name: string
  readonly kind: ChannelKind
  readonly subscribers = new Set<Subscriber>()
  readonly arrivals = new Set<Arrival>()
  epoch = ''
  accepted = 0
  flushed = 0
  ringChars = 0
  idleSinceMs = 0
  /** Accepted, not yet written: the last `#unwritten` of the ring, and state between them. */
  #pending: Publication[] = []
  #unwritten = 0
  #ring: Publication[] = []
  /** The ring's offsets; a log has to look them up. */
  #offsets = new Set<number>()
  /** Every publication above this offset that was accepted is in the ring. */
  #floor = 0
  /** Numbers that came before their predecessor. */
  #ahead = new Map<number, Publication>()

  constructor(name: string, kind: ChannelKind) {
    this.name = name
    this.kind = kind
  }

  /** Starts at a position, forgetting everything before it. */
  startAt({ epoch, offset }: Position): void {
    this.epoch = epoch
    this.accepted = this.flushed = this.#floor = offset
    this.#pending = []
    this.#unwritten = 0
    this.#ring = []
    this.#offsets.clear()
    this.#ahead.clear()
    this.ringChars = 0
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.flushed }
  }

  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  get hasGap(): boolean {
    return this.#ahead.size > 0
  }

  /** Takes a publication into the order. `gap`: kept aside until its predecessors come. */
  accept(publication: Publication): 'accepted' | 'duplicate' | 'gap' | 'otherEpoch' {
    const position = publication.position
    if (!position) {
      this.#pending.push(publication)
      return 'accepted'
    }
    if (position.epoch !== this.epoch) return 'otherEpoch'
    if (this.has(position.offset)) return 'duplicate'
    if (this.kind === 'line' && position.offset !== this.accepted + 1) {
      if (this.#ahead.size < ringMaxEntries) this.#ahead.set(position.offset, publication)
      return 'gap'
    }
    this.#append(publication, position.offset)
    this.#drain()
    return 'accepted'
  }

  /** Whether this offset was accepted, or lies before everything the ring knows. */
  has(offset: number): boolean {
    if (this.kind === 'line' || offset > this.accepted) return offset <= this.accepted
    return offset <= this.#floor || this.#offsets.has(offset)
  }

  /** A log has read everything up to here: what is not there was deleted, and need not be waited for. */
  skipTo(offset: number): void {
    if (this.kind !== 'log' || offset <= this.accepted) return
    this.accepted = offset
    if (!this.hasPending) this.flushed = offset
  }

  /** Hands out what is to be written and counts it as written. */
  takePending(): Publication[] {
    const pending = this.#pending
    this.#pending = []
    this.#unwritten = 0
    this.flushed = this.accepted
    this.#trim()
    return pending
  }

  /** Whether `flushedAfter` can answer for this offset. */
  reaches(offset: number): boolean {
    return this.kind === 'plain' || offset >= this.#floor
  }

  get floor(): number {
    return this.#floor
  }

  /** Everything written after an offset, ascending; undefined where the ring does not reach back. */
  flushedAfter(offset: number): Publication[] | undefined {
    if (!this.reaches(offset)) return undefined
    return this.#ring
      .slice(0, this.#ring.length - this.#unwritten)
      .filter((publication) => publication.position!.offset > offset)
      .sort((a, b) => a.position!.offset - b.position!.offset)
  }

  /** Puts older publications, read from the past, before the ring's first. */
  extendDown(floor: number, older: Publication[]): void {
    const below = older.filter(({ position }) => position!.offset <= this.#floor)
    this.#ring.unshift(...below)
    this.#floor = floor
    for (const publication of below) this.#count(publication)
    this.#trim()
  }

  /** Gives up the older half of the ring. */
  shrink(): void {
    this.#trim(this.#ring.length >> 1)
  }

  #append(publication: Publication, offset: number): void {
    this.#ring.push(publication)
    this.#unwritten++
    this.#count(publication)
    if (offset > this.accepted) {
      this.accepted = offset
      this.#pending.push(publication)
    } else {
      this.#pending.push({ ...publication, late: true })
    }
  }

  #count({ data, position }: Publication): void {
    this.ringChars += data.length
    if (this.kind === 'log') this.#offsets.add(position!.offset)
  }

  #drain(): void {
    for (;;) {
      const next = this.#ahead.get(this.accepted + 1)
      if (!next) break
      this.#ahead.delete(this.accepted + 1)
      this.#append(next, this.accepted + 1)
    }
    for (const offset of this.#ahead.keys()) if (offset <= this.accepted) this.#ahead.delete(offset)
  }

  #trim(maxEntries = ringMaxEntries): void {
    let drop = 0
    let chars = this.ringChars
    const droppable = this.#ring.length - this.#unwritten
    while (drop < droppable && (this.#ring.length - drop > maxEntries || chars > ringMaxChars)) {
      chars -= this.#ring[drop]!.data.length
      drop++
    }
    if (drop === 0) return
    for (const { position } of this.#ring.splice(0, drop)) {
      this.#offsets.delete(position!.offset)
      this.#floor = Math.max(this.#floor, position!.offset)
    }
    this.ringChars = chars
  }
}
