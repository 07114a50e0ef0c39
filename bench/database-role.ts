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

/** Straight into the table, of the first ten users in turn: how they got there is not measured. */
export async function addMessages(db: Database, conversationId: number, count: number) {
  for (let added = 0; added < count; added += 10_000)
    await db.pool.query({
      text: `with next as (
          update lines set last_seq = last_seq + $2, last_ordinal = last_ordinal + $2
          where conversation_id = $1 returning last_seq - $2 as seq, last_ordinal - $2 as ordinal
        )
        insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content)
        select $1, seq + n, ordinal + n, seq + n, 1 + n % 10, gen_random_uuid(),
          'message ' || ordinal + n || repeat(' word', 1 + n * 7 % 31)
        from next, generate_series(1, $2::int) n`,
      values: [conversationId, Math.min(10_000, count - added)],
    })
  await db.pool.query({ text: 'analyze chat_messages' })
}
