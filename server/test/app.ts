import { Centrifuge } from 'centrifuge'
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf'
import { inject, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { AppConfig } from '../src/app-config.ts'
import { createApp, type App } from '../src/app.ts'
import { createPasswords } from '../src/chat/passwords.ts'
import type { Database } from '../src/database/database.ts'
import { openDatabase } from '../src/database/database.ts'
import type { Logger } from '../src/logger.ts'
import { demoPassword, seedDemo } from '../src/database/demo.ts'
import type { ConnectionOptions } from '../src/database/pool.ts'
import { freshConnection } from './database.ts'
import type { Form } from '../src/gateway/codec/codec.ts'
import { silentLog } from './silent-log.ts'

export interface TestApp {
  url: string
  gatewayUrl: string
  db: Database
  app: App
  /** Ends the server and starts another one on the same port and database. */
  restart(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

const defaults: Omit<AppConfig, 'redis'> = {
  host: '127.0.0.1',
  port: 0,
  gatewayListener: undefined,
  gatewayUrl: undefined,
  publicUrl: undefined,
  trustedProxies: [],
  allowedOrigins: [],
  internalToken: 'internal-secret',
  tokenSecret: undefined,
  demoFromAnywhere: false,
  demoHint: false,
  webRoot: new URL('../../web/dist', import.meta.url).pathname,
  version: '0.0.0-test',
}

interface Surroundings {
  /** Of a migrated database; a fresh one by default. */
  connection?: ConnectionOptions
  log?: Logger
}

/**
 * A running server on a fresh, seeded database: john (1), bill (2) and `First thread` (1). Its
 * PostgreSQL is the project's, and where the project has a Redis, so has the server.
 */
export async function startApp(
  config: Partial<AppConfig> = {},
  surroundings: Surroundings = {},
): Promise<TestApp> {
  return startNode(await seeded(surroundings), config, surroundings)
}

/** Nodes on one such database, and on one Redis: that of `config`, or of the project. */
export async function aCluster(
  config: Partial<AppConfig> = {},
  nodes = 2,
  surroundings: Surroundings = {},
): Promise<TestApp[]> {
  const connection = await seeded(surroundings)
  return Promise.all(
    Array.from({ length: nodes }, () => startNode(connection, config, surroundings)),
  )
}

async function seeded({ connection: given }: Surroundings): Promise<ConnectionOptions> {
  const connection = given ?? (await freshConnection())
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  await seedDemo(db.pool, await createPasswords().hash(demoPassword))
  await db.close()
  return connection
}

async function startNode(
  connection: ConnectionOptions,
  config: Partial<AppConfig>,
  { log = silentLog }: Surroundings,
): Promise<TestApp> {
  const db = openDatabase(connection, { log, applicationName: 'parley test' })
  const shared = inject('redis')
  const redis = shared && { ...shared, prefix: connection.database ?? 'parley', keepHours: 1 }
  let port = 0
  const running: TestApp = {
    url: '',
    gatewayUrl: '',
    db,
    app: undefined as unknown as App,
    async start() {
      running.app = await createApp({ ...defaults, redis, port, ...config }, db, log)
      const { url } = await running.app.listen()
      port = Number(new URL(url).port)
      running.url = url
      running.gatewayUrl = `${url.replace('http', 'ws')}/connection/websocket`
    },
    stop: () => running.app.close(),
    async restart() {
      await running.stop()
      await running.start()
    },
  }
  await running.start()
  onTestFinished(async () => {
    await running.app.close()
    await db.close()
  })
  return running
}

export interface Browser {
  cookie: string
  /** From the chat page's meta tag. */
  bearer: string
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** A REST call with a JSON body. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>
}

/** Signs in through the form, as a browser does. */
export async function signIn(
  url: string,
  username: string,
  password = demoPassword,
): Promise<Browser> {
  const form = await fetch(`${url}/login`)
  const csrf = /name="csrf-token"[^>]*value="([^"]*)"/.exec(await form.text())?.[1] ?? ''
  const jar = cookiesOf(form)
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: jar, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ 'csrf-token': csrf, username, password }),
  })
  if (answer.headers.get('location') !== '/') throw new Error(`${username} was not signed in`)
  const cookie = cookiesOf(answer)
  const page = await (await fetch(url, { headers: { cookie } })).text()
  const bearer = /name="x-bearer" content="([^"]*)"/.exec(page)?.[1] ?? ''
  const request = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { redirect: 'manual', ...init, headers: { cookie, ...init.headers } })
  return {
    cookie,
    bearer,
    fetch: request,
    async call(method, path, body) {
      const response = await request(path, {
        method,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      })
      return { status: response.status, body: await response.json() }
    },
  }
}

const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/**
 * The official client, over a socket that sends this cookie. Disconnected when the test ends. In
 * protobuf it gives and takes data as bytes.
 */
export function clientFor(
  gatewayUrl: string,
  {
    cookie,
    form = 'json',
    ...options
  }: { cookie?: string; form?: Form } & ConstructorParameters<typeof Centrifuge>[1] = {},
): Centrifuge {
  class CookieSocket extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols, {
        // As in browsers: one frame after the other, each with all that it sets off.
        allowSynchronousEvents: false,
        ...(cookie !== undefined && { headers: { cookie } }),
      })
    }
  }
  // One class in two builds, which TypeScript takes for two.
  const Client = (form === 'json' ? Centrifuge : ProtobufCentrifuge) as typeof Centrifuge
  const client = new Client(gatewayUrl, {
    websocket: CookieSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
    ...options,
  })
  onTestFinished(() => client.disconnect())
  return client
}

/** Resolves once `condition` holds; fails after `timeoutMs`, saying what it waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
