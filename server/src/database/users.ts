import type { UserId } from '@parley/protocol/ids'
import type { User } from '@parley/protocol/resources'
import { usernameKey } from '@parley/protocol/usernames'
import { batchPerTurn } from '../batch-per-turn.ts'
import type { Queryable } from './pool.ts'

export interface StoredUser extends User {
  rev: number
  disabled: boolean
  /** Whether positions are shown to others, and others' to this user. */
  readReceipts: boolean
}

export interface Users {
  find(id: UserId): Promise<StoredUser | undefined>
  /** Ignores case; disabled users are not found. */
  findByName(username: string): Promise<User | undefined>
  /** Those of them who can sign in. */
  existing(ids: UserId[]): Promise<User[]>
  /** The rev of each user that exists and is not disabled. */
  revs(ids: UserId[]): Promise<Map<UserId, number>>
  /** Bumps the user's rev; false where it was so already. */
  setReadReceipts(id: UserId, shown: boolean): Promise<boolean>
}

export const usersIn = (db: Queryable): Users => ({
  find: batchPerTurn(async (ids: UserId[]) => {
    const rows = await db.query<StoredUser>({
      name: 'users.find',
      text: `select id, username, rev, disabled_at is not null as disabled, read_receipts as "readReceipts"
        from users where id = any($1)`,
      values: [ids],
    })
    const found = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => found.get(id))
  }),

  async findByName(username) {
    const rows = await db.query<User>({
      name: 'users.findByName',
      text: 'select id, username from users where username_key = $1 and disabled_at is null',
      values: [usernameKey(username)],
    })
    return rows[0]
  },

  async existing(ids) {
    return db.query<User>({
      name: 'users.existing',
      text: 'select id, username from users where id = any($1) and disabled_at is null',
      values: [ids],
    })
  },

  async revs(ids) {
    const rows = await db.query<{ id: UserId; rev: number }>({
      name: 'users.revs',
      text: 'select id, rev from users where id = any($1) and disabled_at is null',
      values: [ids],
    })
    return new Map(rows.map((row) => [row.id, row.rev]))
  },

  async setReadReceipts(id, shown) {
    const rows = await db.query<{ id: UserId }>({
      name: 'users.setReadReceipts',
      text: `update users set read_receipts = $2, rev = rev + 1
        where id = $1 and read_receipts <> $2 returning id`,
      values: [id, shown],
    })
    return rows.length > 0
  },
})
