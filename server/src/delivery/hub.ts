import { randomUUID } from 'node:crypto'
import type { Logger } from '../logger.ts'
import { noMetrics, type Metrics } from '../metrics.ts'
import type { Bus, Taken } from './bus.ts'
import { createCatchUp } from './catch-up.ts'
import { Channel, type Arrival, type Subscriber } from './channel.ts'
import { createFlusher } from './flusher.ts'
import { framesOf, type Encode } from './frame.ts'
import type { History } from './history.ts'
import { createNoteWritten } from './note-written.ts'
import type { Position, Publication } from './publication.ts'
import { createSeat, deliver, type Seat } from './seat.ts'
import { createWatches, type Watcher } from './watches.ts'

export interface HubOptions {
  bus: Bus
  history: History
  encode: Encode
  log: Logger
  metrics?: Metrics
  /** When a publication was committed, in milliseconds; asked of what is written. */
  storedAtMs?: (publication: Publication) => number | undefined
  /** How often the ends of all active channels are compared with the past. */
  silenceCheckMs?: number
}

export interface Hub {
  /** Sends to all subscribers on all nodes. Never throws. */
  publish(publication: Publication): void
  /** Sends to the subscribers on this node, where every node does so by itself. */
  publishHere(publication: Publication): void
  /** On every node: the rights of this user changed. */
  recheck(user: string): void
  /** One listener per node for what `recheck` announces, on any node. */
  onRecheck(listener: (user: string) => void): void
  /** Tells the other nodes what was taken here. */
  shareTaken(taken: Taken): void
  /** One listener per node for what others took. */
  onTaken(listener: (taken: Taken) => void): void
  seat(channel: string, user: string): Promise<Seat>
  leave(channel: string, subscriber: Subscriber): void
  /** Resolves when the watcher misses nothing that is published later. */
  watch(channel: string, watcher: Watcher): Promise<void>
  unwatch(channel: string, watcher: Watcher): void
  /** Looks at once whether the past of all channels is the one that this node knows. */
  compare(): void
  /** Of this node. */
  subscribers(channel: string): Iterable<Subscriber>
  /** Users of this node who are on the channel or about to join; some more than once. */
  users(channel: string): Iterable<string>
  /** Channels this node follows, and subscriptions on them. */
  counts(): { channels: number; subscriptions: number }
  close(): void
}

/** How often ends are compared while nothing comes from other nodes. */
const deafCheckMs = 1_000
const lingerMs = 3 * 60_000
/** State kept for one arrival; joining takes moments. */
const stateMax = 1_000
const ringsMaxChars = 64 * 1024 * 1024

/** Fans out what the bus brings, in order, and fills gaps from the past. */
export function createHub(options: HubOptions): Hub {
  const { bus, history, encode, log, metrics = noMetrics, silenceCheckMs = 3_000 } = options
  const channels = new Map<string, Channel>()
  const opening = new Map<string, Promise<Channel>>()
  const early = new Map<string, Publication[]>()
  const watches = createWatches()
  const flusher = createFlusher(write)
  const noteWritten = createNoteWritten({ log, metrics, storedAtMs: options.storedAtMs })
  const catchUp = createCatchUp({ history, log, metrics, admit, reset })
  const node = randomUUID()
  let taken = (_taken: Taken): void => {}
  let rechecked = (_user: string): void => {}
  let comparing = false
  let compareAgain = false
  let ticksSilent = 0

  bus.listen({
    publication: take,
    control(message) {
      if (message.type === 'recheck') rechecked(message.user)
      if (message.type === 'taken' && message.node !== node) taken(message)
    },
    interrupted() {
      watches.interrupted()
      void compare()
    },
  })
  const tickMs = Math.min(silenceCheckMs, deafCheckMs)
  const silenceCheck = setInterval(tick, tickMs)
  silenceCheck.unref()

  function take(publication: Publication): void {
    const channel = channels.get(publication.channel)
    if (channel) admit(channel, publication)
    else early.get(publication.channel)?.push(publication)
    watches.notice(publication)
  }

  function admit(channel: Channel, publication: Publication): void {
    const outcome = channel.accept(publication)
    if (outcome === 'accepted') flusher.mark(channel)
    else if (outcome === 'gap' || outcome === 'otherEpoch') catchUp.soon(channel)
  }

  /** Ends every subscription that cannot continue; each starts anew at the position. */
  function reset(channel: Channel, position: Position): void {
    channel.startAt(position)
    const subscribers = [...channel.subscribers]
    channel.subscribers.clear()
    for (const subscriber of subscribers) subscriber.reset(channel.name)
    flusher.settle(channel)
  }

  function write(channel: Channel): void {
    const pending = channel.takePending()
    if (channel.arrivals.size > 0) keepState(channel, pending)
    for (const frame of framesOf(pending, encode)) {
      for (const subscriber of channel.subscribers) deliver(subscriber, frame)
      noteWritten(frame, channel.subscribers.size)
      if (frame.endsUser !== undefined) endUser(channel, frame.endsUser)
    }
  }

  /** What has no number cannot be read again: it waits for whoever is about to join. */
  function keepState({ arrivals }: Channel, publications: Publication[]): void {
    const state = publications.filter(({ position }) => !position)
    for (const arrival of arrivals) {
      arrival.state.push(...state)
      if (arrival.state.length > stateMax) arrival.state.splice(0, arrival.state.length - stateMax)
    }
  }

  function endUser(channel: Channel, user: string): void {
    for (const arrival of channel.arrivals) if (arrival.user === user) arrival.ended = true
    for (const subscriber of channel.subscribers) {
      if (subscriber.user !== user) continue
      channel.subscribers.delete(subscriber)
      subscriber.ended(channel.name)
    }
  }

  function open(name: string): Promise<Channel> {
    const known = channels.get(name)
    if (known) return Promise.resolve(known)
    let promise = opening.get(name)
    if (!promise) {
      promise = start(name).finally(() => opening.delete(name))
      opening.set(name, promise)
    }
    return promise
  }

  async function start(name: string): Promise<Channel> {
    const channel = new Channel(name, history.kindOf(name))
    const arrived: Publication[] = []
    early.set(name, arrived)
    try {
      await bus.subscribe(name)
      if (channel.kind !== 'plain') channel.startAt(await history.top(name))
    } catch (error) {
      if (!watches.has(name)) bus.unsubscribe(name)
      throw error
    } finally {
      early.delete(name)
    }
    channel.idleSinceMs = Date.now()
    channels.set(name, channel)
    for (const publication of arrived) admit(channel, publication)
    return channel
  }

  async function compare(): Promise<void> {
    compareAgain = true
    if (comparing) return
    comparing = true
    try {
      while (compareAgain) {
        compareAgain = false
        await catchUp.compare(channels.values())
      }
    } finally {
      comparing = false
    }
  }

  function tick(): void {
    ticksSilent++
    if (bus.connected && ticksSilent * tickMs < silenceCheckMs) return
    ticksSilent = 0
    const now = Date.now()
    let chars = 0
    for (const channel of channels.values()) {
      chars += channel.ringChars
      if (channel.subscribers.size + channel.arrivals.size > 0) channel.idleSinceMs = now
      else if (now - channel.idleSinceMs > lingerMs) {
        channels.delete(channel.name)
        if (!watches.has(channel.name)) bus.unsubscribe(channel.name)
      }
    }
    if (chars > ringsMaxChars) for (const channel of channels.values()) channel.shrink()
    void compare()
  }

  return {
    publish(publication) {
      metrics.published()
      bus.publish(publication)
    },
    publishHere: take,
    recheck: (user) => bus.control({ type: 'recheck', user }),
    onRecheck: (listener) => void (rechecked = listener),

    shareTaken: (taken) => bus.control({ type: 'taken', node, ...taken }),
    onTaken: (listener) => void (taken = listener),

    async seat(name, user) {
      const channel = await open(name)
      const arrival: Arrival = { user, ended: false, state: [] }
      channel.arrivals.add(arrival)
      return createSeat({ channel, arrival, catchUp, flusher, encode })
    },

    leave(name, subscriber) {
      channels.get(name)?.subscribers.delete(subscriber)
    },

    watch(name, watcher) {
      watches.add(name, watcher)
      return bus.subscribe(name)
    },

    unwatch(name, watcher) {
      watches.delete(name, watcher)
      if (!watches.has(name) && !channels.has(name) && !opening.has(name)) bus.unsubscribe(name)
    },

    compare: () => void compare(),
    subscribers: (name) => channels.get(name)?.subscribers ?? [],

    *users(name) {
      const channel = channels.get(name)
      for (const { user } of channel?.subscribers ?? []) yield user
      for (const { user } of channel?.arrivals ?? []) yield user
    },

    counts() {
      let subscriptions = 0
      for (const channel of channels.values()) subscriptions += channel.subscribers.size
      return { channels: channels.size, subscriptions }
    },

    close() {
      clearInterval(silenceCheck)
      flusher.stop()
    },
  }
}
