import type { UserId } from '@parley/protocol/ids'
import { usernameKey } from '@parley/protocol/usernames'
import type { Queryable } from './pool.ts'

export interface ListedAccount {
  id: UserId
  username: string
  disabled: boolean
  conversations: number
  createdAt: Date
}

/** What an administrator does with accounts. Names are found whatever their case. */
export interface Accounts {
  list(): Promise<ListedAccount[]>
  /** undefined: the name is taken. */
  insert(username: string, passwordHash: string): Promise<UserId | undefined>
  /** Ends every login of the user as well. @returns false where there is no such user */
  setPassword(username: string, passwordHash: string): Promise<boolean>
  /** Ends every login of the user as well. @returns false where there is no such user */
  disable(username: string): Promise<boolean>
  /** @returns false where there is no such user */
  enable(username: string): Promise<boolean>
}

/** One statement, so that no login survives the change it would outlive. */
const changing = (change: string) => `
  with changed as (
    update users set rev = rev + 1, ${change} where username_key = $1 returning id
  ), ended as (
    delete from auth_tokens where user_id in (select id from changed)
  )
  select id from changed`

export function accountsIn(db: Queryable): Accounts {
  const isFound = async (text: string, ...values: unknown[]) =>
    (await db.query({ text, values })).length > 0
  return {
    list: () =>
      db.query<ListedAccount>({
        text: `select u.id, u.username, u.disabled_at is not null as disabled, u.created_at as "createdAt",
            (select count(*) from members m where m.user_id = u.id) as conversations
          from users u order by u.id`,
      }),

    async insert(username, hash) {
      const rows = await db.query<{ id: UserId }>({
        text: `insert into users (username, username_key, password_hash) values ($1, $2, $3)
          on conflict (username_key) do nothing returning id`,
        values: [username, usernameKey(username), hash],
      })
      return rows[0]?.id
    },

    setPassword: (username, hash) =>
      isFound(changing('password_hash = $2'), usernameKey(username), hash),

    disable: (username) =>
      isFound(changing('disabled_at = coalesce(disabled_at, now())'), usernameKey(username)),

    enable: (username) => isFound(changing('disabled_at = null'), usernameKey(username)),
  }
}
