import { setTimeout as delay } from 'node:timers/promises'
import { loginTokenIn } from './api/login-cookie.ts'
import { createApi, type ApiConfig } from './api/server.ts'
import { createAnnounce } from './chat/announce.ts'
import { createDoor } from './chat/door.ts'
import { databaseHistory } from './chat/history.ts'
import { createInternalSend } from './chat/internal-messages.ts'
import { createSend } from './chat/messages.ts'
import { createHandlers } from './chat/operations.ts'
import { isOwnOrigin } from './chat/origins.ts'
import { createPasswords } from './chat/passwords.ts'
import { createRateLimits } from './chat/rate-limits.ts'
import { createRealtimeCredentials } from './chat/realtime-identity.ts'
import { createRealtime } from './chat/realtime.ts'
import { createSignInLimits } from './chat/sign-in-limits.ts'
import { createSignIn } from './chat/sign-in.ts'
import { createThreads } from './chat/threads.ts'
import type { Database } from './database/database.ts'
import type { Bus } from './delivery/bus.ts'
import { createHub } from './delivery/hub.ts'
import { memoryBus } from './delivery/memory-bus.ts'
import { memoryPresence } from './delivery/memory-presence.ts'
import { encodePublications } from './gateway/encode.ts'
import { createGateway, type GatewayTimers } from './gateway/gateway.ts'
import type { Logger } from './logger.ts'
import { createHealth } from './monitoring/health.ts'
import { createServers } from './servers.ts'

/** What one process may serve: HTTP, or WebSockets. */
export type Role = 'api' | 'gateway'

export interface AppConfig {
  /** Absent: both roles. */
  only?: Role | undefined
  host: string
  port: number
  /** How long a process that stops is not ready but still takes connections; 0 unless given. */
  drainMs?: number | undefined
  /** A second listener for the gateway alone; `required`: being busy is an error, not a warning. */
  gatewayListener: { port: number; required: boolean } | undefined
  gatewayUrl: string | undefined
  publicUrl: string | undefined
  trustedProxies: readonly string[]
  allowedOrigins: readonly string[]
  internalToken: string | undefined
  tokenSecret: string | undefined
  /** Demo users sign in from other machines too. */
  demoFromAnywhere: boolean
  /** Absent: this is the only node. */
  redis: { url: string; prefix: string } | undefined
  /** The sign-in page names the demo users. */
  demoHint: boolean
  webRoot: string
  version: string
  /** Other times than the parts' own, for tests. */
  timers?: GatewayTimers & { requestTimeoutMs?: number }
}

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
  let epoch = await db.changes.epoch()
  const history = databaseHistory(db.changes, db.publicMessages, (seen) => (epoch = seen))
  const hub = createHub({ bus, history, encode: encodePublications, log })
  const presence = memoryPresence(hub)
  const announce = createAnnounce(hub, () => epoch)

  const rateLimits = createRateLimits()
  const send = createSend(db, announce)
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(),
    passwords: createPasswords(),
    log,
    sessionsChanged: announce.rightsChanged,
    demoFromAnywhere: config.demoFromAnywhere,
  })
  const door = createDoor(createHandlers(db, announce, send, signIn), rateLimits)
  const rules = createRealtime({
    db,
    door,
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
    isBusUp: () => undefined,
    log,
  })
  const gateway = serves(config, 'gateway')
    ? createGateway({ hub, history, presence, rules, log, version, ...config.timers })
    : undefined
  const api = serves(config, 'api')
    ? createApi({
        door,
        signIn,
        internal: { send: createInternalSend(db, send) },
        health,
        log,
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

  return {
    listen: () => servers.listen(),
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
      hub.close()
      await bus.close()
    },
  }
}

const serves = ({ only }: AppConfig, role: Role): boolean => only === undefined || only === role

/** The driver is loaded where it is used only. */
async function redisBusOf(redis: { url: string; prefix: string }, log: Logger): Promise<Bus> {
  const { redisBus } = await import('./delivery/redis-bus.ts')
  return redisBus({ ...redis, log })
}

const loginTokenFor = (publicUrl: string | undefined) => (cookie: string | undefined) =>
  loginTokenIn(cookie, true) ??
  (publicUrl?.startsWith('https:') ? undefined : loginTokenIn(cookie, false))

const originsOf = ({ publicUrl, allowedOrigins }: AppConfig): string[] => [
  ...allowedOrigins,
  ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
]

const apiConfigOf = (config: AppConfig): ApiConfig => ({
  publicUrl: config.publicUrl,
  trustedProxies: config.trustedProxies,
  internalToken: config.internalToken,
  gatewayUrl: config.gatewayUrl,
  extraConnectSources: config.gatewayListener
    ? [`ws://127.0.0.1:${config.gatewayListener.port}`]
    : [],
  webRoot: config.webRoot,
  requestTimeoutMs: config.timers?.requestTimeoutMs,
  demo: config.demoHint,
})
