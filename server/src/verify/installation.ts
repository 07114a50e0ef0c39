/** A Parley of several nodes that verify starts for itself, to break it. */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'
import { startDatabase } from './breakable-database.ts'
import type { Fault } from './faults.ts'
import { gone, installationFaults } from './installation-faults.ts'
import { nginxConfig } from './nginx.ts'
import { Process, quietPort } from './process.ts'

export interface Installation {
  url: URL
  databaseUrl: string
  /** Where the logs of all processes are. */
  directory: string
  faults: Fault[]
  /** Nothing is carried between nodes for a while, and then again. */
  lastFault: Fault
  /** Keeps the directory where something went wrong. */
  stop(options: { keep: boolean }): Promise<void>
}

export interface InstallationOptions {
  /** This program itself: `node parley.js`. */
  program: string
  apis: number
  gateways: number
  /** How long Redis stands still. */
  frozenMs: number
  log: Logger
}

/** Programs that must be on the machine. */
export const missingPrograms = (): string[] =>
  ['nginx', 'redis-server'].filter((name) => !pathOf(name))

const pathOf = (name: string): string | undefined =>
  ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-verify-'))
  await chmod(directory, 0o755)
  const started: (() => Promise<unknown>)[] = []
  const stop = async ({ keep }: { keep: boolean }) => {
    for (const end of started.reverse()) await end()
    if (!keep) await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  const run = async (process: Process) => {
    started.push(() => process.stop())
    await process.start()
    return process
  }
  try {
    const database = await startDatabase(join(directory, 'data'), options.log)
    started.push(() => database.embedded.close())
    const redisPort = await quietPort()
    const redis = await run(redisProcess(directory, redisPort))
    const env = { DATABASE_URL: database.url, REDIS_URL: `redis://127.0.0.1:${redisPort}` }
    const nodes = await nodeProcesses({ ...options, directory, env })
    await Promise.all([...nodes.apis, ...nodes.gateways].map(run))
    const port = await quietPort()
    await run(await nginxProcess(directory, port, nodes))
    return {
      url: new URL(`http://127.0.0.1:${port}`),
      databaseUrl: database.url,
      directory,
      faults: installationFaults({ ...nodes, redis, database }, options.frozenMs),
      lastFault: { name: 'redis gone', strike: () => gone(redis, options.frozenMs) },
      stop,
    }
  } catch (error) {
    await stop({ keep: true })
    throw error
  }
}

function redisProcess(directory: string, port: number): Process {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  return new Process({
    name: 'redis',
    command: pathOf('redis-server')!,
    args: options,
    directory,
    logFile: join(directory, 'redis.log'),
    isReady: () => answers(port),
  })
}

interface Nodes {
  apis: Process[]
  gateways: Process[]
  apiPorts: number[]
  gatewayPorts: number[]
}

async function nodeProcesses({
  directory,
  env,
  ...options
}: InstallationOptions & { directory: string; env: Record<string, string> }): Promise<Nodes> {
  const ports = async (count: number) => {
    const chosen: number[] = []
    while (chosen.length < count) chosen.push(await quietPort())
    return chosen
  }
  const node = (role: 'api' | 'gateway', port: number, index: number) =>
    new Process({
      name: `${role} ${index + 1}`,
      command: process.execPath,
      args: [options.program, 'serve', '--only', role],
      directory,
      env: { ...env, HOST: '127.0.0.1', PORT: String(port), PARLEY_TRUSTED_PROXIES: '127.0.0.1' },
      logFile: join(directory, `${role}-${index + 1}.log`),
      isReady: () => answersHttp(port),
    })
  const apiPorts = await ports(options.apis)
  const gatewayPorts = await ports(options.gateways)
  return {
    apis: apiPorts.map((port, index) => node('api', port, index)),
    gateways: gatewayPorts.map((port, index) => node('gateway', port, index)),
    apiPorts,
    gatewayPorts,
  }
}

async function nginxProcess(directory: string, port: number, nodes: Nodes): Promise<Process> {
  const config = join(directory, 'nginx.conf')
  const { apiPorts: apis, gatewayPorts: gateways } = nodes
  await writeFile(config, nginxConfig({ port, directory, apis, gateways }))
  return new Process({
    name: 'nginx',
    command: pathOf('nginx')!,
    args: ['-c', config, '-p', directory],
    directory,
    logFile: join(directory, 'nginx-output.log'),
    isReady: () => answersHttp(port),
  })
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

const answersHttp = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).then(
    ({ status }) => status < 500,
    () => false,
  )
