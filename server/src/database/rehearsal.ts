/** People and conversations that are there for a while, so that a running server can be tried. */
import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Logins } from './logins.ts'
import type { Pool } from './pool.ts'

/** No password has this hash, and no account of a real person: it tells whom to remove. */
const unusableHash = '!verify'

export interface RehearsalUser {
  id: UserId
  username: string
}

/** @param name of the run, which is in every username */
export const addRehearsalUsers = (pool: Pool, name: string, count: number) =>
  pool.query<RehearsalUser>({
    text: `insert into users (username, username_key, password_hash)
      select n, n, $3 from (select $1 || '-' || i as n from generate_series(1, $2::int) i) names
      returning id, username`,
    values: [name, count, unusableHash],
  })

/** A login as a sign-in makes it, without a password. */
export const addRehearsalLogin = (
  logins: Logins,
  userId: UserId,
  hashes: { tokenHash: Buffer; realtimeHash: Buffer },
  lifetimeMs: number,
) =>
  logins.insert({
    userId,
    passwordHash: unusableHash,
    ...hashes,
    userAgent: 'parley verify',
    address: '',
    expiresAt: new Date(Date.now() + lifetimeMs),
  })

/** Private, so that nobody else sees it. */
export async function addRehearsalConversation(
  pool: Pool,
  name: string,
  memberIds: UserId[],
): Promise<ConversationId> {
  const rows = await pool.query<{ id: ConversationId }>({
    text: `select id from create_conversation_2($1, 'private', null, $2)`,
    values: [name, memberIds],
  })
  return rows[0]!.id
}

/** Removes the people of one run, or of all that began an hour ago, with everything they wrote. */
export async function removeRehearsal(pool: Pool, name?: string): Promise<void> {
  const values = [unusableHash, name === undefined ? null : `${name}-%`]
  const people = `select id from users where password_hash = $1
    and case when $2::text is null then created_at < now() - interval '1 hour' else username like $2 end`
  const idsOf = (text: string) => pool.query<{ id: number }>({ text, values })
  const ids = await idsOf(people)
  // One by one: a statement has 5 s.
  for (const { id } of await idsOf(`select id from conversations where created_by in (${people})`))
    await pool.query({ text: 'delete from conversations where id = $1', values: [id] })
  for (const { id } of ids)
    await pool.query({ text: 'delete from users where id = $1', values: [id] })
}
