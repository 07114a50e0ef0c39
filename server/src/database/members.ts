import type { ConversationId, Seq, UserId } from '@parley/protocol/ids'
import type { Member, MemberRole } from '@parley/protocol/resources'
import type { ChangeOutcome } from './messages.ts'
import type { Queryable } from './pool.ts'

export interface ReadPosition {
  lastReadSeq: Seq
  lastReadOrdinal: number
  unread: number
}

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
  /** Moves the read position forward, never back and never beyond the line's end. */
  read(conversationId: ConversationId, userId: UserId, seq: Seq): Promise<ReadPosition>
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
      text: 'select outcome, seq, at from add_member_1($1, $2, $3, $4)',
      values: [conversationId, userId, by, role],
    })
    return rows[0]!
  },

  async remove(conversationId, userId, by) {
    const rows = await db.query<ChangeOutcome>({
      name: 'members.remove',
      text: 'select outcome, seq, at from remove_member_1($1, $2, $3)',
      values: [conversationId, userId, by],
    })
    return rows[0]!
  },

  async read(conversationId, userId, seq) {
    const rows = await db.query<ReadPosition>({
      name: 'members.read',
      text: `with seen as (
          select least($3, l.last_seq) as seq, l.last_ordinal, coalesce((select m.ordinal from chat_messages m
            where m.conversation_id = $1 and m.seq <= $3 order by m.seq desc limit 1), 0) as ordinal
          from lines l where l.conversation_id = $1
        ), moved as (
          insert into message_reads as r (conversation_id, user_id, last_read_seq, last_read_ordinal)
          select $1, $2, s.seq, s.ordinal from seen s
          on conflict (conversation_id, user_id) do update
            set last_read_seq = greatest(r.last_read_seq, excluded.last_read_seq),
                last_read_ordinal = greatest(r.last_read_ordinal, excluded.last_read_ordinal)
          returning last_read_seq, last_read_ordinal
        )
        select v.last_read_seq as "lastReadSeq", v.last_read_ordinal as "lastReadOrdinal",
          greatest(s.last_ordinal, v.last_read_ordinal) - v.last_read_ordinal
            - (select count(*) from chat_messages d where d.conversation_id = $1
              and d.deleted_at is not null and d.ordinal > v.last_read_ordinal) as unread
        from seen s, moved v`,
      values: [conversationId, userId, seq],
    })
    return rows[0]!
  },
})
