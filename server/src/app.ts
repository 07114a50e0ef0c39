import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loginTokenIn } from './api/login-cookie.ts'
import { createApi } from './api/server.ts'
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
import { createHub } from './delivery/hub.ts'
import { memoryBus } from './delivery/memory-bus.ts'
import { memoryPresence } from './delivery/memory-presence.ts'
import { encodePublications } from './gateway/encode.ts'
import { createGateway, type GatewayTimers } from './gateway/gateway.ts'
import type { Logger } from './logger.ts'

export interface AppConfig {
  host: string
  port: number
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
  /** Ends sessions with 3001, lets requests finish, closes nothing that was handed in. */
  close(): Promise<void>
}

const dayMs = 24 * 60 * 60 * 1_000

/** Puts the parts together: the one place that knows them all. */
export async function createApp(config: AppConfig, db: Database, log: Logger): Promise<App> {
  const bus = memoryBus()
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

  const gateway = createGateway({
    hub,
    history,
    presence,
    rules,
    log,
    version: config.version,
    ...config.timers,
  })
  const second = config.gatewayListener
  const api = createApi({
    door,
    signIn,
    internal: { send: createInternalSend(db, send) },
    log,
    config: {
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      internalToken: config.internalToken,
      gatewayUrl: config.gatewayUrl,
      extraConnectSources: second ? [`ws://127.0.0.1:${second.port}`] : [],
      webRoot: config.webRoot,
      requestTimeoutMs: config.timers?.requestTimeoutMs,
      demo: config.demoHint,
    },
  })
  const forgetExpiredLogins = () =>
    db.logins.removeExpired().catch((error: unknown) => {
      log.warn({ err: error }, 'could not remove expired logins')
    })
  const daily = setInterval(forgetExpiredLogins, dayMs).unref()
  gateway.attach(api.server)
  const gatewayServer = createServer((_request, response) => response.writeHead(404).end())
  gateway.attach(gatewayServer)

  return {
    async listen() {
      const url = await api.listen({ host: config.host, port: config.port })
      const gatewayUrl = second && (await listenBeside(gatewayServer, second, config, log))
      return { url, gatewayUrl }
    },
    async close() {
      clearInterval(daily)
      await gateway.close()
      gatewayServer.close()
      await api.close()
      hub.close()
      await bus.close()
    },
  }
}

const loginTokenFor = (publicUrl: string | undefined) => (cookie: string | undefined) =>
  loginTokenIn(cookie, true) ??
  (publicUrl?.startsWith('https:') ? undefined : loginTokenIn(cookie, false))

const originsOf = ({ publicUrl, allowedOrigins }: AppConfig): string[] => [
  ...allowedOrigins,
  ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
]

/** Tutorial A's client looks for its server on a port of its own. */
async function listenBeside(
  server: Server,
  { port, required }: { port: number; required: boolean },
  config: Pick<AppConfig, 'host'>,
  log: Logger,
): Promise<string | undefined> {
  // Nobody asked for the tutorial's port, so it is not opened to other machines.
  const host = required ? config.host : '127.0.0.1'
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    if (required || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    log.warn(
      { port },
      `port ${port} is taken: clients that look for the gateway there will not find it`,
    )
    return undefined
  }
  const address = server.address() as AddressInfo
  return `ws://${host}:${address.port}`
}
