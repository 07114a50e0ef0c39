import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { Message, Quote, Reaction } from '@parley/protocol/resources'

export interface MessageRow {
  id: MessageId
  conversation_id: ConversationId
  seq: Seq
  ordinal: number
  version: Seq
  user_id: UserId
  username: string
  client_key: string
  type: string
  content: string
  meta: unknown
  reply_to: MessageId | null
  quote: Quote | null
  reactions: Reaction[] | null
  mentions: UserId[] | null
  mentions_all: boolean
  pinned_at: Date | null
  created_at: Date
  edited_at: Date | null
  deleted_at: Date | null
}

const quoteColumn = `case when m.reply_to is not null then (
    select jsonb_build_object('id', q.id, 'seq', q.seq,
      'user', jsonb_build_object('id', q.user_id, 'username', qu.username),
      'content', left(q.content, ${limits.quoteMaxChars}), 'deleted', q.deleted_at is not null)
    from chat_messages q join users qu on qu.id = q.user_id where q.id = m.reply_to) end as quote`

const reactionsColumn = `case when m.reacted then (
    select jsonb_agg(jsonb_build_object('emoji', e.emoji, 'users', e.users) order by e.first) from (
      select r.emoji, min(r.seq) as first,
        jsonb_agg(jsonb_build_object('id', r.user_id, 'username', ru.username) order by r.seq) as users
      from reactions r join users ru on ru.id = r.user_id where r.message_id = m.id group by r.emoji
    ) e) end as reactions`

/** Columns of a MessageRow; needs `chat_messages m` joined with `users u`. */
export const messageColumns = `m.id, m.conversation_id, m.seq, m.ordinal, m.version, m.user_id, u.username,
  m.client_key, m.type, m.content, m.meta, m.reply_to, ${quoteColumn}, ${reactionsColumn},
  to_jsonb(m.mentions) as mentions, m.mentions_all, m.pinned_at, m.created_at, m.edited_at, m.deleted_at`

export const fromMessages = 'from chat_messages m join users u on u.id = m.user_id'

export const messageOf = (row: MessageRow): Message => ({
  id: row.id,
  conversationId: row.conversation_id,
  seq: row.seq,
  ordinal: row.ordinal,
  version: row.version,
  user: { id: row.user_id, username: row.username },
  clientKey: row.client_key,
  type: row.type,
  content: row.content,
  meta: row.meta,
  replyTo: row.reply_to,
  quote: row.quote,
  reactions: row.reactions ?? [],
  mentions: row.mentions ?? [],
  mentionsAll: row.mentions_all,
  pinnedAt: row.pinned_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  editedAt: row.edited_at?.toISOString() ?? null,
  deletedAt: row.deleted_at?.toISOString() ?? null,
})
