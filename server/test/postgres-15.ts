/** The oldest PostgreSQL that Parley supports, as the system's packages bring it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { chooseOwner } from '../src/database/embedded/owner.ts'
import { migrate } from '../src/database/migrate.ts'
import { openPool, type ConnectionOptions } from '../src/database/pool.ts'

export interface SystemPostgres {
  /** A migrated database. */
  connection: Required<Omit<ConnectionOptions, 'connectionString'>>
  socketPath: string
  /** Ends it at once, without writing anything more. */
  crash(): Promise<void>
  stop(): Promise<void>
}

const oldest = 15
const installed = '/usr/lib/postgresql'

/** The one to test with: 15, or the next one where the system has no 15. */
export const systemVersion: number | undefined = existsSync(installed)
  ? readdirSync(installed)
      .filter((name) => existsSync(join(installed, name, 'bin/postgres')))
      .map(Number)
      .filter((version) => version >= oldest)
      .sort((a, b) => a - b)[0]
  : undefined

/**
 * Starts a throwaway cluster on a unix socket.
 * @returns undefined where there is none to start
 * @throws there where CI is set: missing means failed
 */
export async function startSystemPostgres(): Promise<SystemPostgres | undefined> {
  if (systemVersion === undefined) {
    if (process.env['CI']) throw new Error(`no PostgreSQL of ${oldest} or later in ${installed}`)
    return undefined
  }
  const directory = await ownDirectory()
  const create = ['-D', 'data', '-U', 'parley', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  await runProgram('initdb', [...create, '--locale=C.UTF-8'], directory)
  const server = await launchServer(directory)
  const { connection } = server
  await answering(
    { ...connection, database: 'postgres' },
    server.hasEnded,
    'create database parley',
  )
  await migrated(connection)
  return server
}

/** An empty directory of the user that runs PostgreSQL. */
export async function ownDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-pg-'))
  const owner = await chooseOwner(join(directory, 'data'))
  if (owner) await chown(directory, owner.uid, owner.gid)
  return directory
}

/** Runs one of PostgreSQL's programs in the directory. */
export async function runProgram(name: string, args: string[], directory: string): Promise<void> {
  await promisify(execFile)(join(binaries(), name), args, await asOwner(directory))
}

const binaries = (): string => join(installed, String(systemVersion), 'bin')

const asOwner = async (directory: string) => ({
  ...(await chooseOwner(join(directory, 'data'))),
  cwd: directory,
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
})

/** Starts the server whose files are in `data`. */
export async function launchServer(
  directory: string,
): Promise<SystemPostgres & { hasEnded(): boolean }> {
  const settings = ['listen_addresses=', `unix_socket_directories=${directory}`]
  const flags = settings.flatMap((setting) => ['-c', setting])
  const server = spawn(join(binaries(), 'postgres'), ['-D', 'data', ...flags], {
    ...(await asOwner(directory)),
    stdio: 'ignore',
  })
  const killed = () => server.kill('SIGQUIT')
  process.once('exit', killed)
  const hasEnded = () => server.exitCode !== null || server.signalCode !== null
  const end = async (signal: 'SIGINT' | 'SIGQUIT') => {
    const ended = once(server, 'exit')
    if (hasEnded()) return
    server.kill(signal)
    await ended
    process.off('exit', killed)
  }
  return {
    connection: { host: directory, user: 'parley', database: 'parley' },
    socketPath: join(directory, '.s.PGSQL.5432'),
    hasEnded,
    crash: () => end('SIGQUIT'),
    async stop() {
      await end('SIGINT')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const startMs = 30_000

/** Resolves once the server has done this. */
export async function answering(
  connection: ConnectionOptions,
  hasEnded: () => boolean,
  statement: string,
): Promise<void> {
  const deadline = Date.now() + startMs
  for (;;) {
    const client = new pg.Client({ ...connection })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(statement)
      return
    } catch (error) {
      if (hasEnded() || Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await client.end().catch(() => {})
    }
  }
}

async function migrated(connection: ConnectionOptions): Promise<void> {
  const pool = openPool({ ...connection, max: 1, applicationName: 'parley test', onError() {} })
  await migrate(pool)
  await pool.close()
}
