import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type Database } from '../server/src/database/database.ts'
import { startEmbedded } from '../server/src/database/embedded/start.ts'
import { migrate } from '../server/src/database/migrate.ts'

const log = { debug() {}, info() {}, warn: console.error, error: console.error }

/** A fresh embedded database with `users` people who are all in conversation 1. */
export async function freshDatabase(
  users: number,
): Promise<{ db: Database; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const embedded = await startEmbedded({ dataDir, log, name: 'parley bench' })
  const db = openDatabase(embedded.connection, { log, applicationName: 'parley bench' })
  await migrate(db.pool)
  const rows = await db.pool.query<{ id: number }>({
    text: `insert into users (username, username_key, password_hash)
      select 'user' || n, 'user' || n, '!' from generate_series(1, $1) n returning id`,
    values: [users],
  })
  const memberIds = rows.map(({ id }) => id)
  await db.conversations.create({ name: 'Bench', kind: 'public', clientKey: undefined, memberIds })
  return {
    db,
    async close() {
      await db.close()
      await embedded.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
