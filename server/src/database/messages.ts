import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import { namedIn } from '@parley/protocol/mentions'
import type { ConversationKind, Message, Quote } from '@parley/protocol/resources'
import type { Pool, Queryable } from './pool.ts'
import { epochColumn } from './epoch.ts'
import { pageIn, type Page, type PageRequest } from './message-pages.ts'
import { fromMessages, messageColumns, messageOf, type MessageRow } from './message-rows.ts'
import { createSendQueue } from './send-queue.ts'

export interface NewMessage {
  conversationId: ConversationId
  userId: UserId
  clientKey: string
  content: string
  /** Of the same conversation. */
  replyTo?: MessageId | undefined
}

/**
 * `known`: this key was stored before; `conflict`: for something else; `refused`: not a member;
 * `archived`: nobody writes there any more; `unquotable`: what it answers is not in the conversation.
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
      mentions: UserId[]
      mentionsAll: boolean
      quote: Quote | null
      conversation: { name: string; kind: ConversationKind }
    }
  | { outcome: 'known'; id: MessageId; conversation: { name: string; kind: ConversationKind } }
  | { outcome: 'conflict' | 'refused' | 'archived' | 'unquotable' }

/** What taking a number ended in. `unchanged`: nothing to do, no number taken; `full`: no more fit. */
export interface ChangeOutcome {
  outcome: 'stored' | 'known' | 'unchanged' | 'conflict' | 'refused' | 'archived' | 'full'
  /** Of the statement that took the number. */
  epoch: string
  seq: Seq
  at: Date
}

export interface Messages {
  /** Collected with others into one call. Answers in the order of the line. */
  send(message: NewMessage): Promise<SendOutcome>
  edit(id: MessageId, by: UserId, key: string | undefined, content: string): Promise<ChangeOutcome>
  delete(id: MessageId, by: UserId): Promise<ChangeOutcome>
  react(id: MessageId, by: UserId, emoji: string, added: boolean): Promise<ChangeOutcome>
  pin(id: MessageId, by: UserId, pinned: boolean): Promise<ChangeOutcome>
  find(id: MessageId): Promise<Message | undefined>
  page(conversationId: ConversationId, request: PageRequest): Promise<Page>
  /** The newest undeleted ones, ascending by id; with `before`, only ids below it. */
  newest(conversationId: ConversationId, limit: number, before?: MessageId): Promise<Message[]>
}

export const messagesIn = (
  db: Queryable,
  writers: Pool[],
  onBatch?: (size: number) => void,
): Messages => ({
  send: createSendQueue(writers, onBatch),

  async edit(id, by, key, content) {
    const { everybody, names } = namedIn(content)
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.edit',
      text: `select outcome, ${epochColumn}, seq, at from edit_message_3($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        ...[id, by, key, content, everybody],
        names.map(({ place }) => place),
        names.map((name) => name.key),
      ],
    })
    return rows[0]!
  },

  async delete(id, by) {
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.delete',
      text: `select outcome, ${epochColumn}, seq, at from delete_message_2($1, $2)`,
      values: [id, by],
    })
    return rows[0]!
  },

  async react(id, by, emoji, added) {
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.react',
      text: `select outcome, ${epochColumn}, seq, at from react_message_1($1, $2, $3, $4, $5, $6)`,
      values: [id, by, emoji, added, limits.emojisPerMessage, limits.reactionsPerMessage],
    })
    return rows[0]!
  },

  async pin(id, by, pinned) {
    const rows = await db.query<ChangeOutcome>({
      name: 'messages.pin',
      text: `select outcome, ${epochColumn}, seq, at from pin_message_1($1, $2, $3)`,
      values: [id, by, pinned],
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

  page: pageIn(db),

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
