import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../src/database/embedded/start.ts'
import { migrate } from '../src/database/migrate.ts'
import { openPool, type ConnectionOptions, type Pool } from '../src/database/pool.ts'
import { silentLog } from './silent-log.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL; `database` is a migrated template to copy. */
    postgres: { host: string; user: string; database: string }
    /** That of the project, where every app has its own prefix; absent: apps share nothing. */
    redis?: { url: string }
  }
}

/** One embedded PostgreSQL for the test run, with a migrated template database. */
export async function setup(project: TestProject) {
  const folder = await folderOfTheRun()
  const directory = join(folder, 'database')
  const server = await startEmbedded({ dataDir: directory, log: silentLog, name: 'parley test' })
  const database = 'parley_template'
  await inDatabase({ ...server.connection, database: 'postgres' }, async (admin) => {
    await waitForNoDisk(admin)
    await admin.query({ text: `create database ${database}` })
  })
  await inDatabase({ ...server.connection, database }, migrate)
  project.provide('postgres', { ...server.connection, database })
  return async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

/** What tests and processes that were killed leave behind goes with the run. */
async function folderOfTheRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'))
  // Servers that are started by root run as somebody else.
  await chmod(folder, 0o1777)
  process.env.TMPDIR = folder
  return folder
}

/** Nothing there outlives the run. What has to survive a crash is tested on servers of its own. */
export async function waitForNoDisk(admin: Pool): Promise<void> {
  for (const setting of ['fsync', 'full_page_writes'])
    await admin.query({ text: `alter system set ${setting} = off` })
  await admin.query({ text: 'select pg_reload_conf()' })
}

export async function inDatabase(
  connection: ConnectionOptions,
  work: (pool: Pool) => Promise<unknown>,
): Promise<void> {
  const options = { max: 1, applicationName: 'parley test', onError() {} }
  const pool = openPool({ ...connection, ...options })
  await work(pool)
  await pool.close()
}
