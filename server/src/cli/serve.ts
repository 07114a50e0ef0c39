import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineCommand } from 'citty'
import type { Role } from '../app-config.ts'
import { createApp } from '../app.ts'
import { createPasswords } from '../chat/passwords.ts'
import { loadConfig, type Config } from '../config.ts'
import { demoPassword, hasDemoUsers, seedDemo } from '../database/demo.ts'
import { durabilityRisks } from '../database/durability.ts'
import { readEnvironment } from '../environment.ts'
import { openStorage, type Storage } from '../storage.ts'
import { Failure, UsageError } from './failure.ts'
import { createLog } from './log.ts'
import { version } from './version.ts'

export const serve = defineCommand({
  meta: { name: 'serve', description: 'Run the web app, the API and the gateway' },
  args: {
    only: {
      type: 'string',
      valueHint: 'api|gateway',
      description: 'Run one role in this process; all processes share DATABASE_URL and REDIS_URL',
    },
  },
  async run({ args }) {
    const only = asRole(args.only)
    const config = loadConfig((await readEnvironment('.')).values, only)
    if (only) requireShared(only, config)
    const stopped = stopSignal()
    const log = createLog(config.log)
    const storage = await openStorage(config.database, { log, name: 'parley serve' })
    try {
      await storage.claim()
      await storage.migrate()
      if (storage.embedded)
        await seedDemo(storage.db.pool, await createPasswords().hash(demoPassword))
      await serveUntil(stopped, config, storage, log)
    } finally {
      await storage.close()
    }
  },
})

function asRole(text: string | undefined): Role | undefined {
  if (text === undefined || text === 'api' || text === 'gateway') return text
  throw new UsageError('--only must be api or gateway.')
}

/** Processes that run apart meet in the database and in Redis. */
function requireShared(only: Role, { app, database }: Config): void {
  const missing = [
    ...(database.url === undefined ? ['DATABASE_URL'] : []),
    ...(app.redis === undefined ? ['REDIS_URL'] : []),
  ]
  if (missing.length > 0)
    throw new Failure(
      `parley serve --only ${only} needs ${missing.join(' and ')}: processes that run apart share a PostgreSQL and a Redis.`,
    )
}

async function serveUntil(
  stopped: Promise<void>,
  config: Config,
  storage: Storage,
  log: ReturnType<typeof createLog>,
): Promise<void> {
  const demo = await hasDemoUsers(storage.db.pool)
  const app = await createApp(
    {
      ...config.app,
      demoHint: demo,
      webRoot: webRoot(),
      version,
      ...(storage.watermark && { watermark: storage.watermark }),
    },
    storage.db,
    log,
  )
  for (const { sentence } of await durabilityRisks(storage.db.pool)) log.warn({}, sentence)
  const { url } = await app.listen()
  greet(config, url, demo)
  await stopped
  process.stdout.write('Stopping …\n')
  await app.close()
}

const webRoot = (): string => {
  const beside = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const inClone = beside('../../web/dist')
  return existsSync(inClone) ? inClone : beside('./web')
}

const repeatedMs = 500

/** Resolves when we are told to stop; told once more, the process ends at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const stop = () => {
      askedAt ??= Date.now()
      // One Ctrl-C comes twice under npm: from the terminal, and passed on by npm.
      if (Date.now() - askedAt > repeatedMs) process.exit(1)
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}

function greet(
  { app: { only, host, publicUrl, demoFromAnywhere } }: Config,
  url: string,
  demo: boolean,
): void {
  if (only === 'gateway') {
    process.stdout.write(
      `\n  Parley's gateway is at ${url.replace('http', 'ws')}/connection/websocket\n\n`,
    )
    return
  }
  const lines = ['', `  Parley is at ${publicUrl ?? url}`]
  if (demo) lines.push(`  Sign in as john or bill with the password ${demoPassword}`)
  const local = ['127.0.0.1', 'localhost', '::1'].includes(host)
  if (demo && !local)
    lines.push(
      demoFromAnywhere
        ? '  Warning: everybody who reaches this server can sign in as john or bill.'
        : '  john and bill can sign in from this machine only, until they have other passwords.',
    )
  process.stdout.write(`${lines.join('\n')}\n\n`)
}
