import type { StreamSource } from '../database/stream-source.ts'
import type { RedisConnection } from '../delivery/redis-connection.ts'
import { positionsKey, type Filler, type StreamNames } from './appending.ts'

export interface SweeperOptions {
  connection: RedisConnection
  names: StreamNames
  source: StreamSource
  filler: Filler
  keepHours: number
}

export interface Sweeper {
  /** One pass over everything after the checkpoint. @returns messages appended, or undefined where another process is at it */
  sweep(): Promise<number | undefined>
  /** Begins again with the messages of the last hours: they are appended once more. */
  refill(hours: number): Promise<number | undefined>
}

const windowMax = 5_000
const hourMs = 3_600_000
/** Of a numbering that is not in use any more. */
const positionsKeepS = 30 * 24 * 3_600

/** Finds what is stored and not in the stream. Two at once do no harm. */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { connection, names, source, filler, keepHours } = options
  const { client } = connection

  async function pass(): Promise<number> {
    const { checkpoint, epoch } = await source.state()
    let [moved, after, count] = [checkpoint, checkpoint, 0]
    for (let mayMove = true; ;) {
      const { heads, top, settled, full } = await source.window(after, windowMax)
      if (heads.length > 0) {
        const ids = heads.map(({ conversationId }) => String(conversationId))
        const known = await client.hmget(positionsKey(names, epoch), ...ids)
        for (const [index, head] of heads.entries())
          if (Number(known[index] ?? head.first - 1) < head.last)
            count += await filler.fill(epoch, head, head.first - 1)
      }
      if (mayMove && settled !== undefined) {
        if (!(await source.advance(moved, settled))) return count
        moved = settled
      }
      mayMove &&= settled === top
      if (!full) break
      after = top
    }
    const [seconds] = await client.time()
    const oldest = Math.floor(Number(seconds) * 1_000 - keepHours * hourMs)
    await client.xtrim(names.stream, 'MINID', '~', oldest)
    await client.expire(positionsKey(names, epoch), positionsKeepS)
    return count
  }

  async function alone(work: () => Promise<number>): Promise<number | undefined> {
    let count: number | undefined
    await source.exclusively(async () => void (count = await work()))
    return count
  }

  return {
    sweep: () => alone(pass),
    refill: (hours) =>
      alone(async () => {
        await source.setBack(hours)
        const { epoch } = await source.state()
        await client.del(positionsKey(names, epoch))
        return pass()
      }),
  }
}
