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
  const bin = join(installed, String(systemVersion), 'bin')
  const directory = await mkdtemp(join(tmpdir(), 'parley-pg-'))
  const owner = await chooseOwner(join(directory, 'data'))
  if (owner) await chown(directory, owner.uid, owner.gid)
  const asOwner = { ...owner, cwd: directory, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
  const create = ['-D', 'data', '-U', 'parley', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  await promisify(execFile)(join(bin, 'initdb'), [...create, '--locale=C.UTF-8'], asOwner)

  const settings = ['listen_addresses=', `unix_socket_directories=${directory}`]
  const flags = settings.flatMap((setting) => ['-c', setting])
  const server = spawn(join(bin, 'postgres'), ['-D', 'data', ...flags], {
    ...asOwner,
    stdio: 'ignore',
  })
  const killed = () => server.kill('SIGQUIT')
  process.once('exit', killed)
  const connection = { host: directory, user: 'parley', database: 'parley' }
  await answering({ ...connection, database: 'postgres' }, () => server.exitCode !== null)
  await migrated(connection)
  return {
    connection,
    async stop() {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      await ended
      process.off('exit', killed)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const startMs = 30_000

async function answering(connection: ConnectionOptions, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + startMs
  for (;;) {
    const client = new pg.Client({ ...connection })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('create database parley')
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
