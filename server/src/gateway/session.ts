import { randomUUID } from 'node:crypto'
import { disconnects, type DisconnectName } from '@parley/protocol/codes'
import type { Subscriber } from '../delivery/channel.ts'
import { framesOf, type Frame } from '../delivery/frame.ts'
import type { Publication } from '../delivery/publication.ts'
import { createBudget, type Spending } from './budget.ts'
import type { Codec, Message } from './codec/codec.ts'
import { encodePublications } from './codec/codecs.ts'
import type { Credentials, Identity } from './rules.ts'
import { unsubscribePush } from './pushes.ts'
import { Subscriptions } from './subscriptions.ts'

/** What a session needs of its connection. */
export interface Socket {
  /** A finished WebSocket frame. Frames of one turn leave together. */
  write(frame: Buffer): void
  /** Starts the closing handshake; nothing is written afterwards. */
  close(code: number, reason: string): void
  /** Stops and resumes reading. */
  pause(): void
  resume(): void
  /** Written but not yet taken by the network. */
  readonly bufferedBytes: number
}

export interface SessionOptions {
  codec: Codec
  onReset(session: Session, channel: string): void
  /** It is ended because it asked too much. */
  onExcess(session: Session): void
}

/** A client with more than this waiting is behind, and for how long it may be. */
const behindFromBytes = 1024 * 1024
const behindMaxMs = 10_000
/** With more than this waiting it is ended at once. */
const bufferedMaxBytes = 4 * 1024 * 1024

/** One connection's state: who, on which channels, and what waits to be written. */
export class Session implements Subscriber {
  readonly client = randomUUID()
  readonly codec: Codec
  readonly headers: Pick<Credentials, 'cookie' | 'origin' | 'host'>
  readonly subscriptions = new Subscriptions()
  /** Channels whose subscribe is under way. */
  readonly joining = new Set<string>()
  /** The last subscribe or unsubscribe of a channel, while it is under way. */
  readonly turns = new Map<string, Promise<void>>()
  identity: Identity | undefined
  state: 'fresh' | 'connecting' | 'connected' | 'refused' | 'closed' = 'fresh'
  /** Whether the connection was made with a token that can be refreshed. */
  refreshable = false
  /** A recheck runs (`running`), and another one was asked for meanwhile (`again`). */
  recheck: 'idle' | 'running' | 'again' = 'idle'
  /** The code we ended it with. */
  endedWith: number | undefined
  awaitingPong = false
  inFlight = 0
  #behindSinceMs: number | undefined
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #budget = createBudget()
  readonly #held = new Map<string, Publication[]>()
  readonly #holds = new Map<string, Promise<void>>()

  constructor(socket: Socket, headers: Session['headers'], options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.codec = options.codec
    this.headers = headers
  }

  get user(): string {
    return this.identity?.user ?? ''
  }

  get closed(): boolean {
    return this.state === 'closed'
  }

  /** Sends replies and pushes in one frame. */
  send(...messages: Message[]): void {
    this.#write(this.codec.encode(...messages))
  }

  ping(): void {
    this.awaitingPong = true
    this.#write(this.codec.ping)
  }

  deliver(frame: Frame): void {
    const held = this.#held.get(frame.channel)
    if (held) held.push(...frame.publications)
    else this.#write(frame.bytes(this.codec.form))
  }

  hears(topic: string): boolean {
    return !this.identity?.muted?.includes(topic)
  }

  ended(channel: string): void {
    if (!this.subscriptions.delete(channel)) return
    this.send(unsubscribePush(channel, 'server'))
  }

  reset(channel: string): void {
    this.#options.onReset(this, channel)
  }

  /** From now on the channel's publications wait; one holder at a time. Returns what ends the hold. */
  async hold(channel: string): Promise<() => Publication[]> {
    while (this.#holds.has(channel)) await this.#holds.get(channel)
    const { promise, resolve } = deferred()
    this.#holds.set(channel, promise)
    const held: Publication[] = []
    this.#held.set(channel, held)
    return () => {
      this.#held.delete(channel)
      this.#holds.delete(channel)
      resolve()
      return held
    }
  }

  /** Delivers publications to this session alone. */
  deliverPrivately(publications: Publication[]): void {
    if (publications.length > 0) this.#write(this.codec.publications(publications))
  }

  /** The same for publications of any channels. */
  deliverEach(publications: Publication[]): void {
    for (const frame of framesOf(publications, encodePublications))
      this.#write(frame.bytes(this.codec.form))
  }

  pauseReading(): void {
    this.#socket.pause()
  }

  resumeReading(): void {
    if (!this.closed) this.#socket.resume()
  }

  /** Takes from what one connection may use, and ends the session that has used it up. */
  spend(what: Spending, amount = 1): void {
    const end = this.#budget.spend(what, amount)
    if (!end || this.closed) return
    // The network holds the rest of the flood back until the connection is gone.
    this.pauseReading()
    this.close(end)
  }

  close(reason: DisconnectName): void {
    if (this.closed) return
    this.state = 'closed'
    const { code, reason: text } = disconnects[reason]
    this.endedWith = code
    if (reason === 'tooManyRequests' || reason === 'tooManyErrors') this.#options.onExcess(this)
    this.#socket.close(code, text)
    // Reading may have been paused, and a client that is not heard cannot answer the close frame.
    if (reason === 'shutdown') this.#socket.resume()
  }

  #write(frame: Buffer): void {
    if (this.closed) return
    if (this.#isTooSlow()) this.close('slow')
    else this.#socket.write(frame)
  }

  /** A long page or a burst waits for a moment also where the client reads well. */
  #isTooSlow(): boolean {
    const waitingBytes = this.#socket.bufferedBytes
    if (waitingBytes <= behindFromBytes) {
      this.#behindSinceMs = undefined
      return false
    }
    this.#behindSinceMs ??= performance.now()
    const behindMs = performance.now() - this.#behindSinceMs
    return waitingBytes > bufferedMaxBytes || behindMs > behindMaxMs
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
