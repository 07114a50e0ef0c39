import type { Logger } from '../../logger.ts'
import type { Queryable } from '../pool.ts'
import { beginEpoch, nameServer } from '../epoch.ts'
import { createReader, type ServerReading } from './reading.ts'
import { laterMark, verdictOn, type Break, type Lsn, type Mark } from './rule.ts'
import type { Watermark } from './watermark.ts'

/**
 * Recognizes that the numbers may have gone back (a restored copy, a promoted standby that lost the last
 * commits), and begins a new epoch then: once, however many nodes notice.
 */
export interface Lineage {
  /**
   * To be asked of every new connection before anything else. From then on `drop` may be called, to
   * end a connection that leads to another server than the latest one.
   * @returns what to call when the connection has ended
   * @throws with SQLSTATE 25006 where it leads to a standby
   */
  check(db: Queryable, drop: () => void): Promise<() => void>
  /** Checks from now on, the present database first. `watermarks`: what others have seen. */
  start(options: { watermarks: Watermark[]; onChange: () => void }): Promise<void>
  /** The latest one seen; empty before `start`. What was stored has its own, of its statement. */
  epoch(): string
  /** A publication of this epoch was seen whose number the database does not have. */
  wentBack(epoch: string): Promise<void>
  /** Leaves a last mark of how far the database had come. */
  stop(): Promise<void>
}

const reasons: Record<Break | 'hubAhead', string> = {
  anotherServer: 'this is another database server than the one that numbered so far',
  anotherTimeline: 'another server was promoted, or an earlier state was recovered',
  wentBack: 'the database has not come as far as it had been seen: an older copy was put back',
  unknownPast: 'the database does not know what was seen of it last: an older copy was put back',
  hubAhead: 'numbers that were delivered are not in the database',
}

const watchMs = 1_000
const noticeMs = 50
const attemptsMax = 5

export function createLineage(db: () => Queryable, log: Logger): Lineage {
  const reader = createReader(log)
  const connections = new Map<() => void, string>()
  let watermarks: Watermark[] = []
  let changed: (() => void) | undefined
  let seen: Mark | undefined
  let awaited: Mark | undefined
  let timer: NodeJS.Timeout | undefined
  let notice: NodeJS.Timeout | undefined
  let onStandby = false

  /** Reads until nothing is left to mend. */
  async function examine(from: Queryable, asksOthers: boolean): Promise<ServerReading> {
    const others = asksOthers ? await marksOfOthers(from) : []
    for (let attempt = 0; ; attempt++) {
      // Before the reading: a mark of somebody who read a moment later would be ahead of it.
      const marks = seen ? [seen, ...others] : others
      const reading = await reader.read(from)
      const verdict = verdictOn(reading, marks)
      if (verdict === 'continues' || attempt === attemptsMax) {
        observe(reading)
        return reading
      }
      if (verdict === 'unnamed') await nameServer(from, reading)
      else await renew(from, reading, verdict, marks)
    }
  }

  async function marksOfOthers(from: Queryable): Promise<Mark[]> {
    if (watermarks.length === 0) return []
    const { database } = await reader.read(from)
    const untold = (error: unknown) =>
      void log.warn({ err: error }, 'could not read how far the database had come')
    const marks = await Promise.all(watermarks.map((each) => each.read(database).catch(untold)))
    return marks.filter((mark) => mark !== undefined)
  }

  function observe(reading: ServerReading): void {
    const { epoch, past } = reading
    const before = seen?.epoch
    seen = laterMark(seen, { epoch, lsn: durable(reading) ?? 0n }, past)
    if (before !== undefined && seen.epoch !== before) announce()
  }

  /** The end of a record that will be there after a crash too: read earlier, durable by now. */
  function durable({ epoch, lsn, flushed }: ServerReading): Lsn | undefined {
    if (lsn === undefined || flushed === undefined) return undefined
    if (lsn <= flushed) return lsn
    const reached = awaited?.epoch === epoch && awaited.lsn <= flushed ? awaited.lsn : undefined
    if (reached !== undefined || awaited?.epoch !== epoch) awaited = { epoch, lsn }
    return reached
  }

  /** Several connections come at once; one look at all channels does for them. */
  function announce(): void {
    notice ??= setTimeout(() => {
      notice = undefined
      changed?.()
    }, noticeMs).unref()
  }

  async function watch(): Promise<void> {
    try {
      await raise(await examine(db(), false))
    } catch (error) {
      log.debug({ err: error }, 'could not see how far the database has come')
    }
    if (changed) timer = setTimeout(watch, watchMs).unref()
  }

  async function raise({ database, past }: ServerReading): Promise<void> {
    const mark = seen
    if (mark && mark.lsn > 0n)
      await Promise.all(watermarks.map((each) => each.raise(database, mark, past)))
  }

  /** What else is connected elsewhere may be a server that was given up. */
  function dropOthers(server: string): void {
    for (const [drop, other] of connections) {
      if (other === server) continue
      connections.delete(drop)
      drop()
    }
  }

  function tellStandby(error: unknown): never {
    if ((error as { code?: unknown }).code === '25006' && !onStandby) {
      onStandby = true
      log.warn(
        { err: error },
        'the address of the database leads to a standby: waiting for one that can be written',
      )
    }
    throw error
  }

  async function renew(
    from: Queryable,
    reading: ServerReading,
    reason: Break | 'hubAhead',
    marks: Mark[],
  ): Promise<void> {
    const unknown = marks
      .map((mark) => mark.epoch)
      .filter((each) => each !== reading.epoch && !reading.past.includes(each))
    const next = await beginEpoch(from, reading, unknown)
    if (next !== undefined)
      log.warn(
        { reason, before: reading.epoch, epoch: next },
        `a new epoch begins, and everybody loads anew: ${reasons[reason]}`,
      )
  }

  return {
    async check(client, drop) {
      if (!changed) return () => {}
      const { system, timeline } = await examine(client, true).catch(tellStandby)
      onStandby = false
      const server = `${system} ${timeline}`
      connections.set(drop, server)
      dropOthers(server)
      announce()
      return () => connections.delete(drop)
    },

    async start(options) {
      watermarks = options.watermarks
      changed = options.onChange
      await raise(await examine(db(), true))
      timer = setTimeout(watch, watchMs).unref()
    },

    epoch: () => seen?.epoch ?? '',

    async wentBack(epoch) {
      const reading = await reader.read(db())
      if (reading.epoch === epoch) await renew(db(), reading, 'hubAhead', [])
      await examine(db(), false)
    },

    async stop() {
      changed = undefined
      clearTimeout(timer)
      clearTimeout(notice)
      notice = undefined
      if (watermarks.length === 0) return
      try {
        const reading = await examine(db(), false)
        if (reading.lsn !== undefined && reading.lsn > (seen?.lsn ?? 0n)) {
          // Nothing changes, but its commit makes everything before it durable.
          await db().query({ text: 'update epoch set since = since' })
          await raise(await examine(db(), false))
        } else await raise(reading)
      } catch (error) {
        log.warn({ err: error }, 'could not leave a mark of how far the database had come')
      }
    },
  }
}
