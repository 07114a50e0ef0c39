import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Member, MemberRole } from '@parley/protocol/resources'
import { epochColumn } from './epoch.ts'
import type { ChangeOutcome } from './messages.ts'
import type { Queryable } from './pool.ts'

export interface Members {
  /** The first ones, in the order they joined. */
  list(conversationId: ConversationId, limit: number): Promise<Member[]>
  add(
    conversationId: ConversationId,
    userId: UserId,
    by: UserId,
    role: MemberRole,
  ): Promise<ChangeOutcome>
  remove(conversationId: ConversationId, userId: UserId, by: UserId): Promise<ChangeOutcome>
  /** Where these users are members, among conversations of at most so many. */
  placesOf(
    userIds: UserId[],
    membersMax: number,
  ): Promise<{ userId: UserId; conversationId: ConversationId }[]>
}

export const membersIn = (db: Queryable): Members => ({
  async list(conversationId, limit) {
    const rows = await db.query<{
      id: UserId
      username: string
      role: MemberRole
      joined_at: Date
    }>({
      name: 'members.list',
      text: `select u.id, u.username, b.role, b.joined_at from members b join users u on u.id = b.user_id
        where b.conversation_id = $1 order by b.joined_seq limit $2`,
      values: [conversationId, limit],
    })
    return rows.map((row) => ({
      user: { id: row.id, username: row.username },
      role: row.role,
      joinedAt: row.joined_at.toISOString(),
    }))
  },

  async add(conversationId, userId, by, role) {
    const rows = await db.query<ChangeOutcome>({
      name: 'members.add',
      text: `select outcome, ${epochColumn}, seq, at from add_member_1($1, $2, $3, $4)`,
      values: [conversationId, userId, by, role],
    })
    return rows[0]!
  },

  async remove(conversationId, userId, by) {
    const rows = await db.query<ChangeOutcome>({
      name: 'members.remove',
      text: `select outcome, ${epochColumn}, seq, at from remove_member_1($1, $2, $3)`,
      values: [conversationId, userId, by],
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
