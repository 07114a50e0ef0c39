/** Contract with other programs: every new message on Redis, live (Pub/Sub) and durable (a Stream). */
import type { Logger } from '../logger.ts'
import type { StreamSource } from '../database/stream-source.ts'
import { openRedis } from '../delivery/redis-connection.ts'
import { createFiller, streamNames } from './appending.ts'
import { createLive, type Live } from './live.ts'
import { createSweeper, type Sweeper } from './sweeper.ts'

interface MessageStreamOptions {
  url: string
  prefix: string
  keepHours: number
  source: StreamSource
  /** Of the numbering that messages are stored with now. */
  epoch: () => string
  log: Logger
}

export interface MessageStream {
  add: Live['add']
  close(): void
}

const sweepIntervalMs = 2_000

/** Brings every message of the database to Redis, at least once and in order per conversation. */
export async function createMessageStream(options: MessageStreamOptions): Promise<MessageStream> {
  const { source, epoch, log } = options
  await source.begin()
  const parts = openParts(options)
  const live = createLive({ ...parts, epoch, log })
  let stopped = false
  let refusal = ''
  let timer = setTimeout(sweep, sweepIntervalMs).unref()

  async function sweep(): Promise<void> {
    try {
      if (parts.connection.ready) await parts.sweeper.sweep()
      refusal = ''
    } catch (error) {
      const { message } = error as Error
      if (parts.connection.ready && message !== refusal)
        log.warn({ reason: message }, 'could not complete the message stream, trying again')
      refusal = message
    }
    if (!stopped) timer = setTimeout(sweep, sweepIntervalMs).unref()
  }

  return {
    add: (message) => live.add(message),
    close() {
      stopped = true
      clearTimeout(timer)
      live.flush()
      live.stop()
      parts.connection.close()
    },
  }
}

/** For `parley stream refill`. */
export function openSweeper(
  options: Omit<MessageStreamOptions, 'epoch'>,
): Sweeper & { ready(): boolean; close(): void } {
  const { connection, sweeper } = openParts(options)
  return { ...sweeper, ready: () => connection.ready, close: () => connection.close() }
}

function openParts({ url, prefix, keepHours, source, log }: Omit<MessageStreamOptions, 'epoch'>) {
  const names = streamNames(prefix)
  const connection = openRedis({ url, log, name: 'parley-stream' })
  const filler = createFiller(connection, names, source)
  const sweeper = createSweeper({ connection, names, source, filler, keepHours })
  return { connection, names, filler, sweeper }
}
