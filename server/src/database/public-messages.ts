import type { ConversationId, MessageId, UserId } from '@parley/protocol/ids'
import type { Queryable } from './pool.ts'

export interface PublicMessage {
  id: MessageId
  userId: UserId
  username: string
  content: string
  conversationId: ConversationId
  conversationName: string
}

/** Messages of all public conversations by id: the past of Tutorial A's channel `chat`. */
export interface PublicMessages {
  after(
    id: MessageId,
    limit: number,
  ): Promise<{ epoch: string; top: MessageId; messages: PublicMessage[] }>
}

export const publicMessagesIn = (db: Queryable): PublicMessages => ({
  async after(id, limit) {
    const rows = await db.query<PublicMessage & { epoch: string; top: MessageId }>({
      name: 'publicMessages.after',
      text: `select e.value as epoch, coalesce((select max(t.id) from conversations c cross join lateral (
            select m.id from chat_messages m where m.conversation_id = c.id order by m.seq desc limit 1
          ) t where c.kind = 'public'), 0) as top, p.*
        from epoch e left join lateral (
          select m.id, m.user_id as "userId", u.username, m.content, c.id as "conversationId",
            c.name as "conversationName"
          from chat_messages m join users u on u.id = m.user_id
            join conversations c on c.id = m.conversation_id and c.kind = 'public'
          where m.id > $1 and m.deleted_at is null order by m.id limit $2
        ) p on true order by p.id`,
      values: [id, limit],
    })
    const { epoch, top } = rows[0]!
    return { epoch, top, messages: rows.filter((row) => row.id !== null) }
  },
})
