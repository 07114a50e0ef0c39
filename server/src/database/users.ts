import type { UserId } from '@parley/protocol/ids'
import type { User } from '@parley/protocol/resources'
import { usernameKey } from '@parley/protocol/usernames'
import type { Queryable } from './pool.ts'

export interface Users {
  find(id: UserId): Promise<(User & { rev: number; disabled: boolean }) | undefined>
  /** Ignores case; disabled users are not found. */
  findByName(username: string): Promise<User | undefined>
  existing(ids: UserId[]): Promise<UserId[]>
  /** The rev of each user that exists and is not disabled. */
  revs(ids: UserId[]): Promise<Map<UserId, number>>
}

export const usersIn = (db: Queryable): Users => ({
  async find(id) {
    const rows = await db.query<User & { rev: number; disabled: boolean }>({
      name: 'users.find',
      text: `select id, username, rev, disabled_at is not null as disabled from users where id = $1`,
      values: [id],
    })
    return rows[0]
  },

  async findByName(username) {
    const rows = await db.query<User>({
      name: 'users.findByName',
      text: 'select id, username from users where username_key = $1 and disabled_at is null',
      values: [usernameKey(username)],
    })
    return rows[0]
  },

  async existing(ids) {
    const rows = await db.query<{ id: UserId }>({
      name: 'users.existing',
      text: 'select id from users where id = any($1) and disabled_at is null',
      values: [ids],
    })
    return rows.map((row) => row.id)
  },

  async revs(ids) {
    const rows = await db.query<{ id: UserId; rev: number }>({
      name: 'users.revs',
      text: 'select id, rev from users where id = any($1) and disabled_at is null',
      values: [ids],
    })
    return new Map(rows.map((row) => [row.id, row.rev]))
  },
})
