import type { UserId } from '@parley/protocol/ids'
import type { Person, Profile } from '@parley/protocol/resources'
import { searchKey } from '@parley/protocol/search-key'
import type { Settings } from '@parley/protocol/state'
import type { Queryable } from './pool.ts'

export interface PeopleRequest {
  query?: string | undefined
  ids?: UserId[] | undefined
  after?: UserId | undefined
  limit: number
}

type Partly<Whole> = { [Key in keyof Whole]?: Whole[Key] | undefined }

/** Who people are, and what they have set for themselves. */
export interface Profiles {
  /** Those who can sign in, by username, after one of the previous page. */
  list(request: PeopleRequest): Promise<Person[]>
  find(id: UserId): Promise<Profile | undefined>
  change(id: UserId, change: Partly<Pick<Profile, 'fullName' | 'about'>>): Promise<void>
  settings(id: UserId): Promise<Settings | undefined>
  setDoNotDisturb(id: UserId, until: string | null): Promise<void>
}

/** Whether the user `u` is found by the text in the parameter, which may be null. Stored keys may have a final sigma. */
export const isFoundBy = (parameter: string): string =>
  `(${parameter}::text is null or strpos(translate(u.search_key, 'ς', 'σ'), ${parameter}) > 0)`

export const profilesIn = (db: Queryable): Profiles => ({
  list: ({ query, ids, after, limit }) =>
    db.query<Person>({
      name: 'profiles.list',
      text: `select u.id, u.username, u.full_name as "fullName" from users u
        where u.disabled_at is null and ${isFoundBy('$1')} and ($2::bigint[] is null or u.id = any($2))
          and ($3::bigint is null or (u.username_key, u.id) > (select a.username_key, a.id from users a where a.id = $3))
        order by u.username_key, u.id limit $4`,
      values: [query === undefined ? null : searchKey(query), ids ?? null, after ?? null, limit],
    }),

  async find(id) {
    const rows = await db.query<{
      username: string
      fullName: string
      about: string
      created_at: Date
      disabled: boolean
    }>({
      name: 'profiles.find',
      text: `select username, full_name as "fullName", about, created_at, disabled_at is not null as disabled
        from users where id = $1`,
      values: [id],
    })
    if (!rows[0]) return undefined
    const { username, created_at: createdAt, ...rest } = rows[0]
    return { user: { id, username }, ...rest, createdAt: createdAt.toISOString() }
  },

  async change(id, { fullName, about }) {
    await db.query({
      name: 'profiles.change',
      text: `update users set full_name = coalesce($2, full_name), about = coalesce($3, about),
        full_name_key = coalesce($4, full_name_key) where id = $1`,
      values: [id, fullName, about, fullName === undefined ? null : searchKey(fullName)],
    })
  },

  async settings(id) {
    const rows = await db.query<{ readReceipts: boolean; until: Date | null }>({
      name: 'profiles.settings',
      text: `select read_receipts as "readReceipts", do_not_disturb_until as until
        from users where id = $1 and disabled_at is null`,
      values: [id],
    })
    if (!rows[0]) return undefined
    const { readReceipts, until } = rows[0]
    return { readReceipts, doNotDisturbUntil: until?.toISOString() ?? null }
  },

  async setDoNotDisturb(id, until) {
    await db.query({
      name: 'profiles.setDoNotDisturb',
      text: 'update users set do_not_disturb_until = $2 where id = $1',
      values: [id, until],
    })
  },
})
