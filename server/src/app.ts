import { setTimeout as delay } from 'node:timers/promises'
import type { UserId } from '@parley/protocol/ids'
import { createApi } from './api/server.ts'
import { apiConfigOf, loginTokenFor, originsOf, serves, type AppConfig } from './app-config.ts'
import { createAnnounce, storedAtMs } from './chat/announce.ts'
import { createDoor } from './chat/door.ts'
import { databaseHistory } from './chat/history.ts'
import { createInternalSend } from './chat/internal-messages.ts'
import { createSend } from './chat/messages.ts'
import { createHandlers } from './chat/operations.ts'
import { isOwnOrigin } from './chat/origins.ts'
import { createPasswords } from './chat/passwords.ts'
import { createRateLimits } from './chat/rate-limits.ts'
import { createPresenceNotices } from './chat/presence-notices.ts'
import { createReadPositions } from './chat/read-positions.ts'
import { createRealtimeCredentials } from './chat/realtime-identity.ts'
import { createRealtime } from './chat/realtime.ts'
import { createSignInLimits } from './chat/sign-in-limits.ts'
import { createSignIn } from './chat/sign-in.ts'
import { createStates } from './chat/states.ts'
import { createThreads } from './chat/threads.ts'
import type { Database } from './database/database.ts'
import { createChannelClients } from './delivery/channel-clients.ts'
import { createHub } from './delivery/hub.ts'
import { busOf, messageStreamOf, presenceOf, sharedStateOf } from './drivers.ts'
import { encodePublications } from './gateway/codec/codecs.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Logger } from './logger.ts'
import { createHealth, isReady } from './monitoring/health.ts'
import { createMonitor } from './monitoring/monitor.ts'
import { createServers } from './servers.ts'

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
  const bus = await busOf(config, log)
  const history = databaseHistory(db)
  const monitor = await createMonitor(config.metricsListener)
  const { metrics } = monitor
  db.measure(metrics)
  const hub = createHub({ bus, history, encode: encodePublications, log, metrics, storedAtMs })
  const shared = config.redis && (await sharedStateOf(config.redis, log))
  const watermarks = [config.watermark, shared?.watermark].filter((each) => each !== undefined)
  await db.lineage.start({ watermarks, onChange: () => hub.compare() })
  const presence = await presenceOf(config, bus, log)
  const clients = createChannelClients({ bus, hub, otherNodes: () => presence.otherNodes })
  const stream = config.redis && (await messageStreamOf(config.redis, db, db.lineage.epoch, log))
  const hasSession = (userId: UserId) => presence.hasSession(String(userId))
  const announce = createAnnounce(hub, hasSession, stream)
  presence.listen(createPresenceNotices({ members: db.members, hub, announce }))

  const rateLimits = createRateLimits(undefined, hub.shareTaken)
  hub.onTaken(rateLimits.takenElsewhere)
  const positions = createReadPositions(db.reads, announce)
  const states = createStates(db.reads, (userId) => presence.isOnline(String(userId)))
  const send = createSend(db, announce)
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(shared?.openLimiter),
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
    ? createGateway({
        hub,
        history,
        clients,
        presence,
        rules,
        log,
        metrics,
        version,
        ...config.timers,
      })
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
      await presence.close()
      monitor.close()
      hub.close()
      stream?.close()
      await bus.close()
      await db.lineage.stop()
      shared?.close()
    },
  }
}
