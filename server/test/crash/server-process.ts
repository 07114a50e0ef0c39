/** `parley serve` as a process of its own, which can be killed and started again at the same address. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'
import { until } from '../app.ts'

const program = fileURLToPath(new URL('../../dist/parley.js', import.meta.url))

export interface ServerProcess {
  readonly url: string
  readonly gatewayUrl: string
  /** Its working directory, with `data` where the database is embedded. */
  readonly directory: string
  start(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
  /** Asks it to stop as `docker stop` does. */
  stop(): Promise<{ code: number | null; tookMs: number }>
  /** What it logged that should never happen, however it was killed. */
  bugs(): string[]
}

/** Starts it on a port that no client's connection can be given by chance; gone when the test ends. */
export async function aServer(environment: Record<string, string> = {}): Promise<ServerProcess> {
  await built()
  const directory = await mkdtemp(join(tmpdir(), 'parley-crash-'))
  const port = await quietPort()
  let child: ChildProcess | undefined
  let log = ''

  const ended = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await once(child, 'exit')
  }
  const server: ServerProcess = {
    url: `http://127.0.0.1:${port}`,
    gatewayUrl: `ws://127.0.0.1:${port}/connection/websocket`,
    directory,
    async start() {
      const started = spawn(process.execPath, [program, 'serve'], {
        cwd: directory,
        env: {
          ...bareEnvironment(),
          PORT: String(port),
          PARLEY_GATEWAY_PORT: 'off',
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      started.stderr.on('data', (chunk) => (log += chunk))
      await new Promise<void>((resolve, reject) => {
        let output = ''
        started.stdout.on('data', (chunk) => {
          output += chunk
          if (output.includes(`Parley is at ${server.url}`)) resolve()
        })
        started.once('exit', () => reject(new Error(`it ended: ${output}${log.slice(-2_000)}`)))
      })
    },
    async kill() {
      child?.kill('SIGKILL')
      await ended()
    },
    async stop() {
      const startMs = Date.now()
      child?.kill('SIGTERM')
      await ended()
      return { code: child?.exitCode ?? null, tookMs: Date.now() - startMs }
    },
    bugs: () =>
      log.split('\n').filter((line) => /a (command|request) failed|Error: |unhandled/.test(line)),
  }
  onTestFinished(async () => {
    await server.kill()
    await endDatabase(server)
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  await server.start()
  return server
}

/** The first process of its embedded database, and where that listens. */
export async function postmasterOf({ directory }: ServerProcess) {
  const lines = (await readFile(join(directory, 'data/postgres/postmaster.pid'), 'utf8')).split(
    '\n',
  )
  return { pid: Number(lines[0]), socketDir: lines[4]! }
}

/** A killed server leaves its database running. */
async function endDatabase(server: ServerProcess): Promise<void> {
  const found = await postmasterOf(server).catch(() => undefined)
  try {
    if (found) process.kill(found.pid, 'SIGQUIT')
  } catch {
    // It has ended by itself.
  }
}

/** Below the numbers that systems give to outgoing connections: while we are down nobody gets it. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  const free = await listening
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}

/** One test file builds, others wait for it. */
export async function built(): Promise<void> {
  const { buildStale, isServerStale } = await import('../../../scripts/setup.js')
  if (!isServerStale()) return
  const turn = join(tmpdir(), 'parley-test-build')
  const isOurs = () =>
    mkdir(turn).then(
      () => true,
      () => false,
    )
  // Whoever was killed while building left the directory behind.
  await until('another build has ended', isOurs, 60_000).catch(() => {})
  try {
    await buildStale()
  } finally {
    await rmdir(turn).catch(() => {})
  }
}
