import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Member, MemberRole, User } from '@parley/protocol/resources'
import { searchKey } from '@parley/protocol/search-key'
import { epochColumn } from './epoch.ts'
import type { ChangeOutcome } from './messages.ts'
import type { Queryable } from './pool.ts'
import { isFoundBy } from './profiles.ts'

export interface MembersRequest {
  query?: string | undefined
  only?: UserId | undefined
  /** Those who joined later than this one, who may have left since. */
  after?: UserId | undefined
  limit: number
}

/** `role`: what they are, which is owner where nobody else can sign in. */
export type AddOutcome = ChangeOutcome & { role: MemberRole }

/** `successor`: who became owner with the next number, as no owner who can sign in was left. */
export type RemovalOutcome = ChangeOutcome & { successor: User | null }

export type RoleOutcome = Omit<ChangeOutcome, 'outcome'> & {
  outcome: ChangeOutcome['outcome'] | 'lastOwner'
}

export interface Members {
  /** In the order they joined. */
  list(conversationId: ConversationId, request: MembersRequest): Promise<Member[]>
  add(
    conversationId: ConversationId,
    userId: UserId,
    by: UserId,
    role: MemberRole,
  ): Promise<AddOutcome>
  /** `refused`: one of them is no member, or `by` may not. */
  remove(conversationId: ConversationId, userId: UserId, by: UserId): Promise<RemovalOutcome>
  /** `refused`: the user is no member, or `by` no owner. */
  changeRole(
    conversationId: ConversationId,
    userId: UserId,
    by: UserId,
    role: MemberRole,
  ): Promise<RoleOutcome>
  /** Where these users are members, among conversations of at most so many. */
  placesOf(
    userIds: UserId[],
    membersMax: number,
  ): Promise<{ userId: UserId; conversationId: ConversationId }[]>
}

export const membersIn = (db: Queryable): Members => ({
  async list(conversationId, { query, only, after, limit }) {
    const rows = await db.query<{
      id: UserId
      username: string
      role: MemberRole
      joined_at: Date
    }>({
      name: 'members.list',
      text: `select u.id, u.username, b.role, b.joined_at from members b join users u on u.id = b.user_id
        where b.conversation_id = $1 and ${isFoundBy('$2')} and ($3::bigint is null or b.user_id = $3)
          and ($4::bigint is null or b.joined_seq > (select coalesce(
            (select a.joined_seq from members a where a.conversation_id = $1 and a.user_id = $4),
            (select max(j.seq) from changes j
              where j.conversation_id = $1 and j.user_id = $4 and j.kind = 'member.joined'))))
        order by b.joined_seq limit $5`,
      values: [
        conversationId,
        query === undefined ? null : searchKey(query),
        only ?? null,
        after ?? null,
        limit,
      ],
    })
    return rows.map((row) => ({
      user: { id: row.id, username: row.username },
      role: row.role,
      joinedAt: row.joined_at.toISOString(),
    }))
  },

  async add(conversationId, userId, by, role) {
    const rows = await db.query<AddOutcome>({
      name: 'members.add',
      text: `select outcome, ${epochColumn}, seq, at, role from add_member_2($1, $2, $3, $4)`,
      values: [conversationId, userId, by, role],
    })
    return rows[0]!
  },

  async remove(conversationId, userId, by) {
    const rows = await db.query<
      ChangeOutcome & { successor_id: UserId | null; successor_name: string }
    >({
      name: 'members.remove',
      text: `select outcome, ${epochColumn}, seq, at, successor_id, successor_name
        from remove_member_3($1, $2, $3)`,
      values: [conversationId, userId, by],
    })
    const { successor_id: id, successor_name: username, ...outcome } = rows[0]!
    return { ...outcome, successor: id === null ? null : { id, username } }
  },

  async changeRole(conversationId, userId, by, role) {
    const rows = await db.query<RoleOutcome>({
      name: 'members.changeRole',
      text: `select outcome, ${epochColumn}, seq, at from change_role_2($1, $2, $3, $4)`,
      values: [conversationId, userId, by, role],
    })
    return rows[0]!
  },

  placesOf: (userIds, membersMax) =>
    db.query<{ userId: UserId; conversationId: ConversationId }>({
      name: 'members.placesOf',
      text: `select b.user_id as "userId", b.conversation_id as "conversationId"
        from members b join conversations c on c.id = b.conversation_id
        where b.user_id = any($1) and c.member_count <= $2`,
      values: [userIds, membersMax],
    }),
})
