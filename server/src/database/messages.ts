import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { ConversationKind, Message } from '@parley/protocol/resources'
import type { Pool, Queryable } from './pool.ts'
import { epochColumn } from './epoch.ts'
import { createSendQueue } from './send-queue.ts'

export interface NewMessage {
  conversationId: ConversationId
  userId: UserId
  clientKey: string
  content: string
}

/**
 * `known`: this key was stored before; `conflict`: for something else; `refused`: not a member;
 * `archived`: nobody writes there any more.
 */
export type SendOutcome =
  | {
      outcome: 'stored'
      /** Of the statement that stored it. */
      epoch: string
      id: MessageId
      seq: Seq
      ordinal: number
      createdAt: Date
      conversation: { name: string; kind: ConversationKind }
    }
  | { outcome: 'known'; id: MessageId; conversation: { name: string; kind: ConversationKind } }
  | { outcome: 'conflict' }
  | { outcome: 'refused' }
  | { outcome: 'archived' }

/** What taking a number ended in. `unchanged`: nothing to do, no number taken. */
export interface ChangeOutcome {
  outcome: 'stored' | 'known' | 'unchanged' | 'conflict' | 'refused' | 'archived'
  /** Of the statement that took the number. */
  epoch: string
  seq: Seq
  at: Date
}

export interface PageRequest {
  before?: Seq | undefined
  after?: Seq | undefined
  limit: number
}

export interface Messages {
  /** Collected with others into one call. Answers in the order of the line. */
  send(message: NewMessage): Promise<SendOutcome>
  edit(id: MessageId, by: UserId, key: string | undefined, content: string): Promise<ChangeOutcome>
  delete(id: MessageId, by: UserId): Promise<ChangeOutcome>
  find(id: MessageId): Promise<Message | undefined>
  /** Ascending; `lastSeq` is the line's end in the same snapshot, undefined for no such line. */
  page(
    conversationId: ConversationId,
    request: PageRequest,
  ): Promise<{ messages: Message[]; more: boolean; lastSeq: Seq | undefined }>
  /** The newest undeleted ones, ascending by id; with `before`, only ids below it. */
  newest(conversationId: ConversationId, limit: number, before?: MessageId): Promise<Message[]>
}

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
  created_at: Date
  edited_at: Date | null
  deleted_at: Date | null
}

/** Columns of a MessageRow; needs `chat_messages m` joined with `users u`. */
export const messageColumns = `m.id, m.conversation_id, m.seq, m.ordinal, m.version, m.user_id, u.username,
  m.client_key, m.type, m.content, m.meta, m.reply_to, m.created_at, m.edited_at, m.deleted_at`

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
  createdAt: row.created_at.toISOString(),
  editedAt: row.edited_at?.toISOString() ?? null,
  deletedAt: row.deleted_at?.toISOString() ?? null,
})

const fromMessages = 'from chat_messages m join users u on u.id = m.user_id'

export const messagesIn = (
  db: Queryable,
  writers: Pool[],
  onBatch?: (size: number) => void,
): Messages => ({
  send: createSendQueue(writers, onBatch),

  async edit(id, by, key, content) {
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.edit',
      text: `select outcome, ${epochColumn}, seq, at from edit_message_1($1, $2, $3, $4)`,
      values: [id, by, key, content],
    })
    return rows[0]!
  },

  async delete(id, by) {
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.delete',
      text: `select outcome, ${epochColumn}, seq, at from delete_message_1($1, $2)`,
      values: [id, by],
    })
    return rows[0]!
  },

  async find(id) {
    const rows = await db.query<MessageRow>({
      name: 'messages.find',
      text: `select ${messageColumns} ${fromMessages} where m.id = $1`,
      values: [id],
    })
    return rows[0] && messageOf(rows[0])
  },

  async page(conversationId, { before, after, limit }) {
    const forward = after !== undefined && before === undefined
    const rows = await db.query<MessageRow & { last_seq: Seq }>({
      name: forward ? 'messages.pageForward' : 'messages.pageBackward',
      text: `select l.last_seq, p.* from lines l left join lateral (
          select ${messageColumns} ${fromMessages}
          where m.conversation_id = l.conversation_id and m.seq > $2 and m.seq < $3
          order by m.seq ${forward ? 'asc' : 'desc'} limit $4
        ) p on true where l.conversation_id = $1`,
      values: [conversationId, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, limit + 1],
    })
    const found = rows.filter((row) => row.id !== null)
    const messages = found.slice(0, limit).map(messageOf)
    if (!forward) messages.reverse()
    return { messages, more: found.length > limit, lastSeq: rows[0]?.last_seq }
  },

  async newest(conversationId, limit, before) {
    const rows = await db.query<MessageRow>({
      name: 'messages.newest',
      text: `select ${messageColumns} ${fromMessages}
        where m.conversation_id = $1 and m.deleted_at is null and ($3::bigint is null or m.id < $3)
        order by m.seq desc limit $2`,
      values: [conversationId, limit, before ?? null],
    })
    return rows.map(messageOf).reverse()
  },
})
