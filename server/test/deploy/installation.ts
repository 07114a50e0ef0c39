/** What deploy/compose.yaml describes, as processes of this machine behind the shipped nginx.conf. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'
import { createPasswords } from '../../src/chat/passwords.ts'
import { openDatabase, type Database } from '../../src/database/database.ts'
import { demoPassword, seedDemo } from '../../src/database/demo.ts'
import { until } from '../app.ts'
import { built, quietPort } from '../crash/server-process.ts'
import { freshConnection } from '../database.ts'
import { aRedis, type TestRedis } from '../redis.ts'
import { silentLog } from '../silent-log.ts'
import { tokenSecret } from '../tokens.ts'

const program = fileURLToPath(new URL('../../dist/parley.js', import.meta.url))
const shippedConfig = new URL('../../../deploy/nginx.conf', import.meta.url)

export const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))
if (!nginx && process.env['CI']) throw new Error('there is no nginx to test with')

export interface RoleProcess {
  readonly url: string
  start(): Promise<void>
  /** Asks it to stop, and resolves with its exit code. */
  stop(): Promise<number | null>
  /** Everything it said. */
  said(): string
}

export interface Installation {
  /** nginx, where people are. */
  url: string
  /** nginx's second port, for WebSockets. */
  gatewayOrigin: string
  apis: RoleProcess[]
  gateways: RoleProcess[]
  redis: TestRedis
  db: Database
}

/** Two processes of each role, ended when the test ends. */
export async function anInstallation(): Promise<Installation> {
  await built()
  const directory = await mkdtemp(join(tmpdir(), 'parley-deploy-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }))
  const redis = await aRedis()
  const { host, user, database } = await freshConnection()
  const log = { log: silentLog, applicationName: 'parley test' }
  const db = openDatabase({ host, user, database }, log)
  onTestFinished(() => db.close())
  await seedDemo(db.pool, await createPasswords().hash(demoPassword))
  const environment = {
    DATABASE_URL: `postgres://${user}@host/${database}?host=${encodeURIComponent(host)}`,
    REDIS_URL: redis.url,
    WS_INTERNAL_TOKEN: 'secret',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
    PARLEY_TOKEN_SECRET: tokenSecret,
    LOG_LEVEL: 'debug',
  }
  const roles = ['api', 'api', 'gateway', 'gateway'] as const
  const processes = await Promise.all(
    roles.map((role) => aRole(role, directory, environment).then(started)),
  )
  const [apis, gateways] = [processes.slice(0, 2), processes.slice(2)]
  const front = await anNginx(directory, apis, gateways)
  return { ...front, apis, gateways, redis, db }
}

async function started(role: RoleProcess): Promise<RoleProcess> {
  await role.start()
  return role
}

async function aRole(
  role: 'api' | 'gateway',
  cwd: string,
  environment: Record<string, string>,
): Promise<RoleProcess> {
  const port = await quietPort()
  let child: ChildProcess | undefined
  let said = ''
  const url = `http://127.0.0.1:${port}`
  const process_: RoleProcess = {
    url,
    async start() {
      const env = { ...bareEnvironment(), PORT: String(port), ...environment }
      child = spawn(process.execPath, [program, 'serve', '--only', role], { cwd, env })
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (chunk) => (said += chunk))
      await until(
        `the ${role} is ready`,
        async () => {
          if (child!.exitCode !== null) throw new Error(`it ended: ${said.slice(-2_000)}`)
          return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true
        },
        30_000,
      )
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return null
      child.kill('SIGTERM')
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
    said: () => said,
  }
  onTestFinished(() => void child?.kill('SIGKILL'))
  return process_
}

async function anNginx(directory: string, apis: RoleProcess[], gateways: RoleProcess[]) {
  const [port, gatewayPort] = [await quietPort(), await quietPort()]
  const shipped = await readFile(shippedConfig, 'utf8')
  const servers = (processes: RoleProcess[]) =>
    processes.map(({ url }) => `server ${new URL(url).host} max_fails=0;`).join('\n')
  const config = shipped
    .replace('server api:8080 max_fails=0;', servers(apis))
    .replace('server gateway:6001 max_fails=0;', servers(gateways))
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace('listen 6001;', `listen 127.0.0.1:${gatewayPort};`)
  const path = join(directory, 'nginx.conf')
  await writeFile(path, config)
  const out = openSync(join(directory, 'nginx.out'), 'a')
  const args = ['-c', path, '-p', directory, '-e', 'stderr']
  const globals = `pid ${directory}/nginx.pid; daemon off;`
  // Its logs go to /dev/stdout and /dev/stderr, which have to be files here.
  const { status } = spawnSync(nginx!, ['-t', ...args, '-g', globals], { stdio: [0, out, out] })
  if (status !== 0) throw new Error(await readFile(join(directory, 'nginx.out'), 'utf8'))
  const child = spawn(nginx!, [...args, '-g', globals], { stdio: ['ignore', out, out] })
  onTestFinished(async () => {
    child.kill('SIGQUIT')
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  const url = `http://127.0.0.1:${port}`
  await until('nginx answers', async () =>
    fetch(`${url}/login`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return { url, gatewayOrigin: `ws://127.0.0.1:${gatewayPort}` }
}
