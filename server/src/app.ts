import { setTimeout as delay } from 'node:timers/promises'
import { createApi } from './api/server.ts'
import {
  apiConfigOf,
  loginTokenFor,
  originsOf,
  serves,
  type AppConfig,
  type RedisConfig,
} from './app-config.ts'
import { createAnnounce, storedAtMs } from './chat/announce.ts'
import { createDoor } from './chat/door.ts'
import { databaseHistory } from './chat/history.ts'
import { createInternalSend } from './chat/internal-messages.ts'
import { createSend } from './chat/messages.ts'
import { createHandlers } from './chat/operations.ts'
import { isOwnOrigin } from './chat/origins.ts'
import { createPasswords } from './chat/passwords.ts'
import { createRateLimits } from './chat/rate-limits.ts'
import { createReadPositions } from './chat/read-positions.ts'
import { createRealtimeCredentials } from './chat/realtime-identity.ts'
import { createRealtime } from './chat/realtime.ts'
import { createSignInLimits } from './chat/sign-in-limits.ts'
import { createSignIn } from './chat/sign-in.ts'
import { createStates } from './chat/states.ts'
import { createThreads } from './chat/threads.ts'
import type { Database } from './database/database.ts'
import type { Bus } from './delivery/bus.ts'
import { createHub } from './delivery/hub.ts'
import { memoryBus } from './delivery/memory-bus.ts'
import { memoryPresence } from './delivery/memory-presence.ts'
import { encodePublications } from './gateway/encode.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Logger } from './logger.ts'
import { createHealth, isReady } from './monitoring/health.ts'
import { createMonitor } from './monitoring/monitor.ts'
import { createServers } from './servers.ts'
import type { MessageStream } from './stream/message-stream.ts'

export interface App {
  /** @throws where a port is taken */
  listen(): Promise<{ url: string; gatewayUrl: string | undefined }>
  /**
   * Says that it is not ready, then takes no more connections, ends sessions with 3001 in waves and
   * lets requests finish; closes nothing that was handed in.
   */
  close(): Promise<void>
}

const dayMs = 24 * 60 * 60 * 1_000
/** Whoever is half-way through a request is cut off after this. */
const requestsMaxMs = 2_500

/** Puts the parts together: the one place that knows them all. */
export async function createApp(config: AppConfig, db: Database, log: Logger): Promise<App> {
  const { version } = config
  const bus = config.redis ? await redisBusOf(config.redis, log) : memoryBus()
  const history = databaseHistory(db)
  const monitor = await createMonitor(config.metricsListener)
  const { metrics } = monitor
  db.measure(metrics)
  const hub = createHub({ bus, history, encode: encodePublications, log, metrics, storedAtMs })
  await db.lineage.start({ watermark: config.watermark, onChange: () => hub.compare() })
  const presence = memoryPresence(hub)
  const { lineage } = db
  const stream = config.redis && (await messageStreamOf(config.redis, db, lineage.epoch, log))
  const announce = createAnnounce(hub, stream)

  const rateLimits = createRateLimits(undefined, hub.shareTaken)
  hub.onTaken(rateLimits.takenElsewhere)
  const limiters = config.redis && (await limitersOf(config.redis, log))
  const positions = createReadPositions(db.reads, announce)
  const states = createStates(db.reads)
  const send = createSend(db, announce)
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(limiters?.open),
    passwords: createPasswords(),
    log,
    sessionsChanged: announce.rightsChanged,
    demoFromAnywhere: config.demoFromAnywhere,
  })
  const door = createDoor(
    createHandlers({ db, announce, send, logins: signIn, positions, states }),
    rateLimits,
  )
  const rules = createRealtime({
    db,
    door,
    states,
    threads: createThreads(db, send, rateLimits),
    credentials: createRealtimeCredentials({
      authenticate: signIn,
      logins: db.logins,
      users: db.users,
      tokenSecret: config.tokenSecret,
      loginTokenIn: loginTokenFor(config.publicUrl),
      isOwnOrigin: (origin, host) => isOwnOrigin(origin, host, originsOf(config)),
    }),
  })

  const health = createHealth({
    isDatabaseReady: db.isMigrated,
    isBusUp: () => (config.redis ? bus.connected : undefined),
    log,
  })
  const gateway = serves(config, 'gateway')
    ? createGateway({ hub, history, presence, rules, log, metrics, version, ...config.timers })
    : undefined
  const api = serves(config, 'api')
    ? createApi({
        door,
        signIn,
        internal: { send: createInternalSend(db, send) },
        health,
        log,
        metrics,
        config: apiConfigOf(config),
      })
    : undefined
  const { host, port, gatewayListener: second } = config
  const servers = createServers({ host, port, api, gateway, second, health, log })
  const forgetExpiredLogins = () =>
    db.logins.removeExpired().catch((error: unknown) => {
      log.warn({ err: error }, 'could not remove expired logins')
    })
  const daily = setInterval(forgetExpiredLogins, dayMs).unref()

  const levels = async () => {
    const sessions = gateway?.counts() ?? {}
    return {
      ...hub.counts(),
      sessions,
      connections: Object.values(sessions).reduce((sum, count) => sum + count, 0),
      databaseConnections: db.usage(),
      ...(config.redis && { bus: { up: bus.connected, dropped: bus.dropped } }),
      ready: isReady(await health.readiness()),
    }
  }

  return {
    async listen() {
      await monitor.listen(levels)
      return servers.listen()
    },
    async close() {
      clearInterval(daily)
      health.drain()
      await delay(config.drainMs ?? 0)
      servers.stopListening()
      const requests = Promise.race([
        servers.close(),
        delay(requestsMaxMs, undefined, { ref: false }),
      ])
      await gateway?.close()
      await requests
      await positions.close()
      monitor.close()
      hub.close()
      stream?.close()
      limiters?.close()
      await bus.close()
      await db.lineage.stop()
    },
  }
}

/** The driver is loaded where it is used only. */
async function redisBusOf(redis: RedisConfig, log: Logger): Promise<Bus> {
  const { redisBus } = await import('./delivery/redis-bus.ts')
  return redisBus({ ...redis, log })
}

async function messageStreamOf(
  redis: RedisConfig,
  { streamSource: source }: Database,
  epoch: () => string,
  log: Logger,
): Promise<MessageStream> {
  const { createMessageStream } = await import('./stream/message-stream.ts')
  return createMessageStream({ ...redis, source, epoch, log })
}

async function limitersOf({ url, prefix }: RedisConfig, log: Logger) {
  const { openRedis } = await import('./delivery/redis-connection.ts')
  const { limitersInRedis } = await import('./chat/shared-limits.ts')
  const connection = openRedis({ url, log, name: 'parley-limits' })
  return { open: limitersInRedis(connection.client, prefix), close: connection.close }
}
