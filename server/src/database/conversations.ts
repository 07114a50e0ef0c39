import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { ConversationKind, MemberRole, Preferences, User } from '@parley/protocol/resources'
import { searchKey } from '@parley/protocol/search-key'
import { epochColumn } from './epoch.ts'
import type { ChangeOutcome } from './messages.ts'
import { batchPerTurn } from '../batch-per-turn.ts'
import type { Queryable } from './pool.ts'
import { summariesIn, type Summaries } from './summaries.ts'

/** What decides about rights: how one user stands to one conversation. */
export interface Access {
  conversationId: ConversationId
  name: string
  kind: ConversationKind
  /** null: not a member. */
  role: MemberRole | null
  memberCount: number
  archived: boolean
}

/** undefined: leave it as it is. */
export interface ConversationChange {
  name?: string | undefined
  topic?: string | undefined
  archived?: boolean | undefined
}

export interface NewConversation {
  name: string
  kind: ConversationKind
  clientKey: string | undefined
  /** The creator first, then each other member once. */
  memberIds: UserId[]
}

export interface Conversations {
  access(userId: UserId, ids: ConversationId[]): Promise<Map<ConversationId, Access>>
  /** Latest activity first. */
  idsOf(userId: UserId): Promise<ConversationId[]>
  /** Public ones the user is not in and that are not archived, the newest first, after an id of the previous page. */
  joinable(
    userId: UserId,
    request: { query?: string | undefined; after?: ConversationId | undefined; limit: number },
  ): Promise<ConversationId[]>
  /** As the user sees them, all in one snapshot, in the order of `ids`; unknown ids are left out. */
  summaries: Summaries
  /** `known`: this key made the same before; `conflict`: it made something else. */
  create(
    conversation: NewConversation,
  ): Promise<{ outcome: 'stored' | 'known' | 'conflict'; id: ConversationId }>
  /** The one of exactly these people, of whom `by` is one; each once and existing. */
  direct(by: UserId, people: User[]): Promise<{ outcome: 'stored' | 'known'; id: ConversationId }>
  /** `refused`: not by an owner or admin, or a direct one. What it is now comes back with it. */
  change(
    id: ConversationId,
    by: UserId,
    change: ConversationChange,
  ): Promise<ChangeOutcome & { name: string; topic: string; archivedAt: Date | null }>
  /** undefined: not a member. */
  prefer(
    id: ConversationId,
    userId: UserId,
    change: { [Key in keyof Preferences]?: Preferences[Key] | undefined },
  ): Promise<Preferences | undefined>
}

/** As `searchKey` makes it, but for letters that this server's locale does not know. */
const searchable = (text: string): string =>
  `translate(lower(regexp_replace(normalize(${text}, nfkd), '[\\u0300-\\u036f]', '', 'g')), 'Đđς', 'ddσ')`

export const conversationsIn = (db: Queryable): Conversations => ({
  async access(userId, ids) {
    const rows = await db.query<Access>({
      name: 'conversations.access',
      text: `select c.id as "conversationId", c.name, c.kind, b.role, c.member_count as "memberCount",
          c.archived_at is not null as archived
        from conversations c
        left join members b on b.conversation_id = c.id and b.user_id = $1 where c.id = any($2)`,
      values: [userId, ids],
    })
    return new Map(rows.map((row) => [row.conversationId, row]))
  },

  idsOf: batchPerTurn(async (userIds: UserId[]) => {
    const rows = await db.query<{ userId: UserId; id: ConversationId }>({
      name: 'conversations.idsOf',
      text: `select b.user_id as "userId", c.id from members b join conversations c on c.id = b.conversation_id
          left join lateral (select m.created_at from chat_messages m where m.conversation_id = c.id
            order by m.seq desc limit 1) p on true
        where b.user_id = any($1) order by coalesce(p.created_at, c.created_at) desc, c.id desc`,
      values: [userIds],
    })
    const ids = new Map<UserId, ConversationId[]>(userIds.map((id) => [id, []]))
    for (const { userId, id } of rows) ids.get(userId)!.push(id)
    return userIds.map((id) => ids.get(id)!)
  }),

  async joinable(userId, { query, after, limit }) {
    const rows = await db.query<{ id: ConversationId }>({
      name: 'conversations.joinable',
      text: `select c.id from conversations c where c.kind = 'public' and c.archived_at is null and ($2::bigint is null or c.id < $2)
          and not exists (select from members b where b.conversation_id = c.id and b.user_id = $1)
          and ($4::text is null or strpos(${searchable("c.name || ' ' || c.topic")}, $4) > 0)
        order by c.id desc limit $3`,
      values: [userId, after ?? null, limit, query === undefined ? null : searchKey(query)],
    })
    return rows.map((row) => row.id)
  },

  summaries: summariesIn(db),

  async create({ name, kind, clientKey, memberIds }) {
    const rows = await db.query<{ outcome: 'stored' | 'known' | 'conflict'; id: ConversationId }>({
      name: 'conversations.create',
      text: 'select outcome, id from create_conversation_2($1, $2, $3, $4)',
      values: [name, kind, clientKey ?? null, memberIds],
    })
    return rows[0]!
  },

  async direct(by, people) {
    const sorted = [...people].sort((a, b) => a.id - b.id)
    const name = sorted.map(({ username }) => username).join(', ')
    const rows = await db.query<{ outcome: 'stored' | 'known'; id: ConversationId }>({
      name: 'conversations.direct',
      text: 'select outcome, id from direct_conversation_1(left($1, 80), $2, $3)',
      values: [name, by, sorted.map(({ id }) => id)],
    })
    return rows[0]!
  },

  async change(id, by, { name, topic, archived }) {
    const rows = await db.query<
      ChangeOutcome & { name: string; topic: string; archivedAt: Date | null }
    >({
      name: 'conversations.change',
      text: `select outcome, ${epochColumn}, seq, at, name, topic, archived_at as "archivedAt"
        from change_conversation_1($1, $2, $3, $4, $5)`,
      values: [id, by, name ?? null, topic ?? null, archived ?? null],
    })
    return rows[0]!
  },

  async prefer(id, userId, { favourite, muted, notify }) {
    const rows = await db.query<Preferences>({
      name: 'conversations.prefer',
      text: `update members set favourite = coalesce($3, favourite), muted = coalesce($4, muted),
          notify = coalesce($5, notify)
        where conversation_id = $1 and user_id = $2 returning favourite, muted, notify`,
      values: [id, userId, favourite ?? null, muted ?? null, notify ?? null],
    })
    return rows[0]
  },
})
