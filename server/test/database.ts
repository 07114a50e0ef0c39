import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { openDatabase, type Database } from '../src/database/database.ts'
import { openPool, type ConnectionOptions } from '../src/database/pool.ts'
import { usernameKey } from '@parley/protocol/usernames'
import { silentLog } from './silent-log.ts'

/** A fresh, migrated database of its own on the test run's PostgreSQL. */
export async function freshConnection(): Promise<
  Required<Omit<ConnectionOptions, 'connectionString'>>
> {
  const { host, user, database: template } = inject('postgres')
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const admin = openPool({
    host,
    user,
    database: 'postgres',
    max: 1,
    applicationName: 'parley test',
    onError: () => {},
  })
  await admin.query({ text: `create database ${database} template ${template}` })
  await admin.close()
  return { host, user, database }
}

/** The tables of a fresh database, closed when the test ends. */
export async function testDatabase(): Promise<Database> {
  const connection = await freshConnection()
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  onTestFinished(() => db.close())
  return db
}

/** A user whose password nobody knows. */
export async function aUser(
  db: Database,
  username: string,
): Promise<{ id: number; username: string }> {
  const rows = await db.pool.query<{ id: number }>({
    text: `insert into users (username, username_key, password_hash) values ($1, $2, '!') returning id`,
    values: [username, usernameKey(username)],
  })
  return { id: rows[0]!.id, username }
}

/** A conversation of the kind with these members, the first one its owner. */
export async function aConversation(
  db: Database,
  memberIds: number[],
  kind: 'public' | 'private' = 'public',
): Promise<number> {
  const { id } = await db.conversations.create({
    name: 'Room',
    kind,
    clientKey: undefined,
    memberIds,
  })
  return id
}
