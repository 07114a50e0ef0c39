import type { Pool } from './pool.ts'
import { usernameKey } from '@parley/protocol/usernames'

export const demoUsernames = ['john', 'bill'] as const
export const demoPassword = 'secret'

/**
 * The users and the conversation that both tutorials begin with, with ids 1 and 2, and 1.
 * Does nothing, and says false, where there are users already.
 */
export async function seedDemo(pool: Pool, passwordHash: string): Promise<boolean> {
  return pool.transaction(async (db) => {
    const users = await db.query<{ id: number }>({
      text: `insert into users (username, username_key, password_hash)
        select name, key, $3 from unnest($1::text[], $2::text[]) with ordinality n(name, key, place)
        where not exists (select from users) order by place returning id`,
      values: [demoUsernames, demoUsernames.map(usernameKey), passwordHash],
    })
    if (users.length === 0) return false
    await db.query({
      text: 'select create_conversation_2($1, $2, null, $3)',
      values: ['First thread', 'public', users.map(({ id }) => id)],
    })
    return true
  })
}

/** Whether the demo's users are here and may sign in, whatever their passwords are by now. */
export async function hasDemoUsers(pool: Pool): Promise<boolean> {
  const rows = await pool.query<{ count: number }>({
    text: `select count(*) from users where disabled_at is null and (id, username_key) in ((1, $1), (2, $2))`,
    values: demoUsernames.map(usernameKey),
  })
  return rows[0]!.count === demoUsernames.length
}
