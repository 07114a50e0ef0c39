import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../src/database/embedded/start.ts'
import { migrate } from '../src/database/migrate.ts'
import { openPool } from '../src/database/pool.ts'
import { silentLog } from './silent-log.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL; `database` is a migrated template to copy. */
    postgres: { host: string; user: string; database: string }
  }
}

/** One embedded PostgreSQL for the test run, with a migrated template database. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const server = await startEmbedded({ dataDir: directory, log: silentLog, name: 'parley test' })
  const database = 'parley_template'
  const open = (name: string) =>
    openPool({
      ...server.connection,
      database: name,
      max: 1,
      applicationName: 'parley test',
      onError: () => {},
    })
  const admin = open('postgres')
  // Nothing here outlives the run. What has to survive a crash is tested on servers of its own.
  for (const setting of ['fsync', 'full_page_writes'])
    await admin.query({ text: `alter system set ${setting} = off` })
  await admin.query({ text: 'select pg_reload_conf()' })
  await admin.query({ text: `create database ${database}` })
  await admin.close()
  const template = open(database)
  await migrate(template)
  await template.close()
  project.provide('postgres', { ...server.connection, database })
  return async () => {
    await server.close()
    await rm(directory, { recursive: true, force: true })
  }
}
