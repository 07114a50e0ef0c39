import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Channel } from './channel.ts'
import type { History } from './history.ts'
import type { Position, Publication } from './publication.ts'

/** What comparisons have seen of a log: complete up to an offset, and the ends they found since. */
interface Compared {
  epoch: string
  complete: number
  ends: { offset: number; atMs: number }[]
}

interface CatchUpOptions {
  history: History
  log: Logger
  metrics: Metrics
  admit(channel: Channel, publication: Publication): void
  reset(channel: Channel, position: Position): void
}

export interface CatchUp {
  /** Fills a gap after giving the bus a moment to bring what is missing. */
  soon(channel: Channel): void
  /** Resolves once the offsets were accepted, or are not to be had, or the channel was reset. */
  reach(channel: Channel, offsets: number[]): Promise<void>
  /** Makes everything after `from` available in the ring; false where that cannot be continued. */
  prepare(channel: Channel, from: Position): Promise<boolean>
  /** Reads the channel's epoch again, where another one is known of. */
  follow(channel: Channel, epoch: string): Promise<void>
  /** Compares positions with the past, and reads what this node has not heard of. */
  compare(channels: Iterable<Channel>): Promise<void>
}

/** What the bus mostly brings by itself within this time is not asked of the database. */
const graceMs = 20
const silenceGraceMs = 200
const retryMaxMs = 1_000
/** A gap wider than this is a reason to start anew. */
const readMax = 1_000
/** A number that several reads did not bring is not there any more: a log leaves out what was deleted. */
const reachAttempts = 3
/** No statement that stores runs longer: a log's numbers older than this are all there. */
const lateMaxMs = 6_000
/** Cold channels load this much at once, so that clients with different positions share one read. */
const tailEntries = 500

/** Reads the past for channels, once per channel however many wait for it. */
export function createCatchUp({ history, log, metrics, admit, reset }: CatchUpOptions): CatchUp {
  const reading = new Map<Channel, Promise<void>>()
  const extending = new Map<Channel, Promise<void>>()
  const compared = new WeakMap<Channel, Compared>()

  function once(
    running: Map<Channel, Promise<void>>,
    channel: Channel,
    work: () => Promise<void>,
  ): Promise<void> {
    let promise = running.get(channel)
    if (!promise) {
      promise = work().finally(() => running.delete(channel))
      running.set(channel, promise)
    }
    return promise
  }

  async function read(channel: Channel, after: number, repeated = false): Promise<void> {
    // Taken before the read: what is accepted while it runs may be newer than its snapshot.
    const { accepted, epoch } = channel
    const { top, publications } = await history.after(channel.name, after, readMax)
    if (channel.epoch !== epoch) return
    const wentBack = channel.kind === 'line' && 0 < top.offset && top.offset < accepted
    if (wentBack && top.epoch === epoch && !repeated) {
      await history.wentBack(epoch)
      return read(channel, after, true)
    }
    const lost = top.epoch !== channel.epoch || top.offset < accepted
    if (lost || (channel.kind === 'line' && top.offset - accepted > readMax)) {
      log.warn({ channel: channel.name, accepted, top }, 'a channel starts anew')
      reset(channel, top)
      return
    }
    for (const publication of publications) admit(channel, publication)
    if (publications.length < readMax) channel.skipTo(top.offset)
    else if (channel.kind === 'log') await read(channel, publications.at(-1)!.position!.offset)
  }

  const lowest = (channel: Channel, offsets: number[]): number =>
    channel.kind === 'line'
      ? channel.accepted
      : Math.min(channel.accepted, ...offsets.map((offset) => offset - 1))

  async function reach(channel: Channel, offsets: number[]): Promise<void> {
    const { epoch } = channel
    const missing = () => channel.epoch === epoch && offsets.some((offset) => !channel.has(offset))
    await sleep(graceMs)
    for (let attempt = 0; attempt < reachAttempts && missing(); attempt++) {
      if (attempt > 0) await sleep(graceMs)
      await once(reading, channel, () => read(channel, lowest(channel, offsets)))
    }
  }

  function soon(channel: Channel): void {
    void once(reading, channel, async () => {
      metrics.caughtUp('gap')
      let pauseMs = graceMs
      for (;;) {
        await sleep(pauseMs)
        pauseMs = Math.min(2 * pauseMs, retryMaxMs)
        const { accepted } = channel
        try {
          await read(channel, accepted)
          if (!channel.hasGap) return
          if (channel.accepted > accepted) pauseMs = graceMs
        } catch (error) {
          log.warn({ err: error, channel: channel.name }, 'could not read the past, trying again')
        }
      }
    })
  }

  async function extend(channel: Channel, downTo: number): Promise<void> {
    metrics.caughtUp('resume')
    const { floor } = channel
    const from = Math.min(downTo, Math.max(0, floor - tailEntries))
    const { top, publications } = await history.after(channel.name, from, readMax)
    const last = publications.at(-1)?.position!.offset ?? 0
    const whole = publications.length < readMax || last >= floor
    if (whole && top.epoch === channel.epoch && channel.floor === floor)
      channel.extendDown(from, publications)
  }

  async function prepare(channel: Channel, from: Position): Promise<boolean> {
    if (channel.kind === 'plain' || (from.epoch !== '' && from.epoch !== channel.epoch))
      return false
    if (from.offset > channel.accepted)
      await once(reading, channel, () => read(channel, channel.accepted))
    if (from.offset > channel.accepted) return false
    if (channel.kind === 'line' && channel.accepted - from.offset > readMax) return false
    if (!channel.reaches(from.offset))
      await once(extending, channel, () => extend(channel, from.offset))
    if (!channel.reaches(from.offset)) await extend(channel, from.offset)
    return channel.reaches(from.offset)
  }

  /** A late, lower number leaves no gap: whatever may have come since the last comparisons is read again. */
  async function compareLog(channel: Channel): Promise<void> {
    const { epoch, accepted } = channel
    const atMs = performance.now()
    const top = await history.top(channel.name)
    let known = compared.get(channel)
    if (known?.epoch !== epoch) known = { epoch, complete: channel.floor, ends: [] }
    compared.set(channel, known)
    if (top.epoch === epoch && top.offset === accepted && known.complete === accepted) return
    await sleep(silenceGraceMs)
    // A read that is under way may have begun above.
    await reading.get(channel)
    const from = Math.max(known.complete, channel.floor)
    await once(reading, channel, () => read(channel, Math.min(from, accepted)))
    known.ends.push({ offset: accepted, atMs })
    while (known.ends[0] && atMs - known.ends[0].atMs > lateMaxMs)
      known.complete = known.ends.shift()!.offset
  }

  async function follow(channel: Channel, epoch: string): Promise<void> {
    if (channel.epoch !== epoch) await once(reading, channel, () => read(channel, channel.accepted))
  }

  async function compare(channels: Iterable<Channel>): Promise<void> {
    let missed = 0
    const behind = async (channel: Channel) => {
      const top = await history.top(channel.name)
      return top.epoch !== channel.epoch || top.offset !== channel.accepted
    }
    const check = async (channel: Channel) => {
      if (channel.kind === 'log') return compareLog(channel)
      if (!(await behind(channel))) return
      await sleep(silenceGraceMs)
      if (!(await behind(channel))) return
      metrics.caughtUp('silence')
      const { accepted } = channel
      await once(reading, channel, () => read(channel, channel.accepted))
      missed += Math.max(0, channel.accepted - accepted)
    }
    const checks = [...channels].filter(({ kind }) => kind !== 'plain').map(check)
    for (const result of await Promise.allSettled(checks))
      if (result.status === 'rejected')
        log.warn({ err: result.reason }, 'could not compare a channel with the past')
    metrics.behind(missed)
  }

  return { soon, reach, prepare, follow, compare }
}
