import type { LoginId, UserId } from '@parley/protocol/ids'
import { batchPerTurn } from '../batch-per-turn.ts'
import type { Pool, Queryable } from './pool.ts'

/** What signing in needs to know of an account. */
export interface Account {
  id: UserId
  username: string
  passwordHash: string
  disabled: boolean
}

export interface StoredLogin {
  id: LoginId
  userId: UserId
  username: string
  rev: number
  readReceipts: boolean
  expiresAt: Date
  lastUsedAt: Date
}

export interface LoginEntry {
  id: LoginId
  userAgent: string
  address: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
}

export interface NewLogin {
  userId: UserId
  /** The hash the password was verified against: a login never outlives a change of it. */
  passwordHash: string
  tokenHash: Buffer
  realtimeHash: Buffer
  userAgent: string
  address: string
  expiresAt: Date
}

/** Signed-in browsers. Expired ones and those of disabled users are never found. */
export interface Logins {
  account(usernameKey: string): Promise<Account | undefined>
  passwordHash(userId: UserId): Promise<string | undefined>
  /** undefined where the account was disabled or got another password meanwhile. */
  insert(login: NewLogin): Promise<LoginId | undefined>
  findByToken(tokenHash: Buffer): Promise<StoredLogin | undefined>
  findByRealtimeToken(realtimeHash: Buffer): Promise<StoredLogin | undefined>
  find(id: LoginId): Promise<StoredLogin | undefined>
  /** Slides the expiry and notes the use. */
  touch(id: LoginId, expiresAt: Date): Promise<void>
  list(userId: UserId): Promise<LoginEntry[]>
  /** Removes one login of the user and bumps the user's rev; false where there was none. */
  remove(userId: UserId, id: LoginId): Promise<boolean>
  /** Removes every login of the user but one, and bumps the user's rev. */
  removeOthers(userId: UserId, keep: LoginId): Promise<void>
  /** Puts a stronger hash of the same password in place of the one that verified; sessions go on. */
  rehash(userId: UserId, from: string, to: string): Promise<void>
  /**
   * Sets a new password in place of the one that verified, removes every login but one, and bumps
   * the user's rev; false where the password is another one by now.
   */
  changePassword(userId: UserId, from: string, to: string, keep: LoginId): Promise<boolean>
  removeExpired(): Promise<number>
}

const storedColumns = `t.id, t.user_id as "userId", u.username, u.rev, u.read_receipts as "readReceipts",
  t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"`
const live = `from auth_tokens t join users u on u.id = t.user_id
  where u.disabled_at is null and t.expires_at > now()`

async function first<Row>(rows: Promise<Row[]>): Promise<Row | undefined> {
  return (await rows)[0]
}

/** Those who connect in one turn are looked up together. */
const byToken = (db: Pool, column: 'token_hash' | 'realtime_hash') =>
  batchPerTurn(async (hashes: Buffer[]) => {
    const rows = await db.query<StoredLogin & { hash: string }>({
      name: `logins.find ${column}`,
      text: `select ${storedColumns}, encode(t.${column}, 'hex') as hash ${live}
        and t.${column} = any($1::bytea[])`,
      values: [hashes],
    })
    const found = new Map(rows.map(({ hash, ...login }) => [hash, login]))
    return hashes.map((hash) => found.get(hash.toString('hex')))
  })

async function deleteOthers(transaction: Queryable, userId: UserId, keep: LoginId): Promise<void> {
  await transaction.query({
    text: 'delete from auth_tokens where user_id = $1 and id <> $2',
    values: [userId, keep],
  })
}

export const loginsIn = (db: Pool): Logins => ({
  account: (key) =>
    first(
      db.query<Account>({
        name: 'logins.account',
        text: `select id, username, password_hash as "passwordHash", disabled_at is not null as disabled
          from users where username_key = $1`,
        values: [key],
      }),
    ),

  async passwordHash(userId) {
    const rows = await db.query<{ hash: string }>({
      text: 'select password_hash as hash from users where id = $1 and disabled_at is null',
      values: [userId],
    })
    return rows[0]?.hash
  },

  async insert(login) {
    const rows = await db.query<{ id: LoginId }>({
      name: 'logins.insert',
      text: `with owner as (
          select id from users where id = $1 and password_hash = $7 and disabled_at is null for share
        )
        insert into auth_tokens (user_id, token_hash, realtime_hash, user_agent, address, expires_at)
        select id, $2, $3, $4, $5, $6 from owner returning id`,
      values: [
        login.userId,
        login.tokenHash,
        login.realtimeHash,
        login.userAgent,
        login.address,
        login.expiresAt,
        login.passwordHash,
      ],
    })
    return rows[0]?.id
  },

  findByToken: byToken(db, 'token_hash'),
  findByRealtimeToken: byToken(db, 'realtime_hash'),

  find: batchPerTurn(async (ids: LoginId[]) => {
    const rows = await db.query<StoredLogin>({
      name: 'logins.find',
      text: `select ${storedColumns} ${live} and t.id = any($1)`,
      values: [ids],
    })
    const found = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => found.get(id))
  }),

  async touch(id, expiresAt) {
    await db.query({
      name: 'logins.touch',
      text: 'update auth_tokens set last_used_at = now(), expires_at = $2 where id = $1',
      values: [id, expiresAt],
    })
  },

  list: (userId) =>
    db.query<LoginEntry>({
      name: 'logins.list',
      text: `select id, user_agent as "userAgent", address, created_at as "createdAt",
          last_used_at as "lastUsedAt", expires_at as "expiresAt"
        from auth_tokens where user_id = $1 and expires_at > now() order by last_used_at desc, id desc`,
      values: [userId],
    }),

  async remove(userId, id) {
    const rows = await db.query({
      name: 'logins.remove',
      text: `with gone as (delete from auth_tokens where id = $2 and user_id = $1 returning user_id)
        update users u set rev = u.rev + 1 from gone g where u.id = g.user_id returning u.id`,
      values: [userId, id],
    })
    return rows.length > 0
  },

  async rehash(userId, from, to) {
    await db.query({
      text: 'update users set password_hash = $3 where id = $1 and password_hash = $2',
      values: [userId, from, to],
    })
  },

  // Two statements, here and below: a login that was made while the first one waited for the user's
  // row is gone too.
  removeOthers: (userId, keep) =>
    db.transaction(async (transaction) => {
      await transaction.query({
        text: 'update users set rev = rev + 1 where id = $1',
        values: [userId],
      })
      await deleteOthers(transaction, userId, keep)
    }),

  changePassword: (userId, from, to, keep) =>
    db.transaction(async (transaction) => {
      const changed = await transaction.query({
        text: `update users set password_hash = $3, rev = rev + 1
          where id = $1 and password_hash = $2 returning id`,
        values: [userId, from, to],
      })
      if (changed.length === 0) return false
      await deleteOthers(transaction, userId, keep)
      return true
    }),

  async removeExpired() {
    const rows = await db.query({
      text: 'delete from auth_tokens where expires_at <= now() returning id',
    })
    return rows.length
  },
})
