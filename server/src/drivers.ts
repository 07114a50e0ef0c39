/** What several nodes share over Redis, and what stands in for it on one. Loaded where it is used only. */
import type { AppConfig, RedisConfig } from './app-config.ts'
import type { Database } from './database/database.ts'
import type { Bus } from './delivery/bus.ts'
import { memoryBus } from './delivery/memory-bus.ts'
import { memoryPresence } from './delivery/memory-presence.ts'
import type { Presence } from './delivery/presence.ts'
import type { Logger } from './logger.ts'
import type { MessageStream } from './stream/message-stream.ts'

export async function busOf({ redis }: AppConfig, log: Logger): Promise<Bus> {
  if (!redis) return memoryBus()
  const { redisBus } = await import('./delivery/redis-bus.ts')
  return redisBus({ ...redis, log })
}

export async function presenceOf(
  { redis, presenceTimers }: AppConfig,
  bus: Bus,
  log: Logger,
): Promise<Presence> {
  if (!redis) return memoryPresence({ log, ...presenceTimers })
  const { redisPresence } = await import('./delivery/redis-presence.ts')
  return redisPresence({ ...redis, bus, log, ...presenceTimers })
}

export async function messageStreamOf(
  redis: RedisConfig,
  { streamSource: source }: Database,
  epoch: () => string,
  log: Logger,
): Promise<MessageStream> {
  const { createMessageStream } = await import('./stream/message-stream.ts')
  return createMessageStream({ ...redis, source, epoch, log })
}

/** What nodes know together besides messages; without an answer each does without. */
export async function sharedStateOf({ url, prefix }: RedisConfig, log: Logger) {
  const { openRedis } = await import('./delivery/redis-connection.ts')
  const { limitersInRedis } = await import('./chat/shared-limits.ts')
  const { redisWatermark } = await import('./database/lineage/redis-watermark.ts')
  const connection = openRedis({ url, log, name: 'parley-shared' })
  return {
    openLimiter: limitersInRedis(connection.client, prefix),
    watermark: redisWatermark(connection, { prefix, log }),
    close: connection.close,
  }
}
