import type { Logger } from '../logger.ts'
import type { RedisConnection } from './redis-connection.ts'
import { encodeControl } from './redis-messages.ts'

interface PublisherOptions {
  connection: RedisConnection
  /** Begins each payload. */
  head: string
  controlChannel: string
  log: Logger
}

export interface RedisPublisher {
  /** Sends at the end of this turn, together with what else comes; drops it where Redis is behind. */
  add(redisChannel: string, entry: string): void
  /** The connection is there (again): other nodes learn that they missed something. */
  ready(): void
  flush(): void
  readonly dropped: number
  stop(): void
}

/** Collected or unanswered. Beyond it a frozen Redis costs memory, and the bus may lose. */
const pendingMaxChars = 8 * 1024 * 1024
const missedDelayMs = 100

export function createPublisher(options: PublisherOptions): RedisPublisher {
  const { connection, head, controlChannel, log } = options
  let batches = new Map<string, string[]>()
  let collectedChars = 0
  let unansweredChars = 0
  let scheduled = false
  let lost = false
  let dropped = 0
  let refusal = ''
  let telling: NodeJS.Timeout | undefined

  function flush(): void {
    scheduled = false
    if (batches.size === 0) return
    const pipeline = connection.client.pipeline()
    for (const [channel, entries] of batches) pipeline.publish(channel, head + entries.join(''))
    const chars = collectedChars
    unansweredChars += chars
    collectedChars = 0
    batches = new Map()
    void pipeline
      .exec()
      .then((results) => {
        const refused = results?.find(([error]) => error)?.[0]
        if (refused) fail(refused)
      }, fail)
      .then(() => {
        unansweredChars -= chars
        tellWhatWasLost()
      })
  }

  function fail(error: Error): void {
    lost = true
    if (!connection.ready || error.message === refusal) return
    refusal = error.message
    log.warn({ reason: refusal }, 'Redis refused what this node published')
  }

  /** Once it gets through, the others read what this node could not tell them. */
  function tellWhatWasLost(): void {
    if (!lost || telling) return
    telling = setTimeout(() => {
      telling = undefined
      if (!connection.ready || !lost) return
      lost = false
      publisher.add(controlChannel, encodeControl({ type: 'missed' }))
    }, missedDelayMs).unref()
  }

  const publisher: RedisPublisher = {
    add(redisChannel, entry) {
      const pendingChars = collectedChars + unansweredChars + entry.length
      if (!connection.ready || pendingChars > pendingMaxChars) {
        lost = true
        dropped++
        return
      }
      collectedChars += entry.length
      const batch = batches.get(redisChannel)
      if (batch) batch.push(entry)
      else batches.set(redisChannel, [entry])
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    },
    ready: tellWhatWasLost,
    flush,
    get dropped() {
      return dropped
    },
    stop: () => clearTimeout(telling),
  }
  return publisher
}
