import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { ConversationKind, Message } from '@parley/protocol/resources'
import { fromMessages, messageColumns, messageOf, type MessageRow } from './message-rows.ts'
import type { Queryable } from './pool.ts'

/** A message that stands alone, and where it is. */
export interface Placed {
  message: Message
  conversation: { id: ConversationId; name: string; kind: ConversationKind }
}

/** Messages picked out of their lines. */
export interface MessageLists {
  /** The latest pin first. */
  pinned(conversationId: ConversationId, limit: number): Promise<Message[]>
  /** What it said before, oldest first, and since when. */
  versions(id: MessageId): Promise<{ content: string; at: Date }[]>
  /** False where it was so already. */
  save(userId: UserId, id: MessageId, saved: boolean): Promise<boolean>
  /** The latest first, deleted ones and those the user may not read left out. */
  saved(
    userId: UserId,
    before: string | undefined,
    limit: number,
  ): Promise<{ savedAt: Date; placed: Placed }[]>
  /** That mention this user; the latest first, with the same left out. */
  mentioning(userId: UserId, before: MessageId | undefined, limit: number): Promise<Placed[]>
  /** Texts before a number, the latest first, for whoever searches in them. */
  texts(
    conversationId: ConversationId,
    before: Seq,
    limit: number,
  ): Promise<{ id: MessageId; seq: Seq; content: string }[]>
  /** In no order. */
  byIds(ids: MessageId[]): Promise<Message[]>
}

type PlacedRow = MessageRow & { conversation_name: string; conversation_kind: ConversationKind }

const placeColumns = 'c.name as conversation_name, c.kind as conversation_kind'

const placedOf = (row: PlacedRow): Placed => ({
  message: messageOf(row),
  conversation: {
    id: row.conversation_id,
    name: row.conversation_name,
    kind: row.conversation_kind,
  },
})

const mentioningQuery = `
  with places as materialized (
    select conversation_id from members where user_id = $1
  ), named as materialized (
    select m.id from chat_messages m join places p on p.conversation_id = m.conversation_id
    where m.mentions @> array[$1::bigint] and m.id < $2 and m.deleted_at is null
  ), everybody as (
    select a.id from places p cross join lateral (
      select m.id from chat_messages m where m.conversation_id = p.conversation_id and m.mentions_all
        and m.id < $2 and m.deleted_at is null and m.user_id <> $1 order by m.ordinal desc limit $3
    ) a
  )
  select ${messageColumns}, ${placeColumns}
  from (select id from named union select id from everybody order by id desc limit $3) f
    join chat_messages m on m.id = f.id join users u on u.id = m.user_id
    join conversations c on c.id = m.conversation_id
  order by m.id desc`

export const messageListsIn = (db: Queryable): MessageLists => ({
  async pinned(conversationId, limit) {
    const rows = await db.query<MessageRow>({
      name: 'messageLists.pinned',
      text: `select ${messageColumns} ${fromMessages} where m.conversation_id = $1 and m.pinned_at is not null
        order by m.pinned_at desc limit $2`,
      values: [conversationId, limit],
    })
    return rows.map(messageOf)
  },

  versions: (id) =>
    db.query<{ content: string; at: Date }>({
      name: 'messageLists.versions',
      text: `select e.data->>'before' as content,
          lag(e.created_at, 1, m.created_at) over (order by e.seq) as at
        from changes e join chat_messages m on m.id = e.message_id
        where e.message_id = $1 and e.kind = 'message.edited' and e.data is not null order by e.seq`,
      values: [id],
    }),

  async save(userId, id, saved) {
    const rows = await db.query({
      name: saved ? 'messageLists.save' : 'messageLists.unsave',
      text: saved
        ? `insert into saved_messages (message_id, user_id, saved_at)
            select $2, $1, greatest(date_trunc('milliseconds', clock_timestamp()), max(saved_at) + interval '1 ms')
            from saved_messages where user_id = $1 on conflict do nothing returning user_id`
        : 'delete from saved_messages where message_id = $2 and user_id = $1 returning user_id',
      values: [userId, id],
    })
    return rows.length > 0
  },

  async saved(userId, before, limit) {
    const rows = await db.query<PlacedRow & { saved_at: Date }>({
      name: 'messageLists.saved',
      text: `select ${messageColumns}, ${placeColumns}, s.saved_at
        from saved_messages s join chat_messages m on m.id = s.message_id and m.deleted_at is null
          join users u on u.id = m.user_id join conversations c on c.id = m.conversation_id
          join members b on b.conversation_id = c.id and b.user_id = s.user_id
        where s.user_id = $1 and s.saved_at < $2 order by s.saved_at desc limit $3`,
      values: [userId, before ?? 'infinity', limit],
    })
    return rows.map((row) => ({ savedAt: row.saved_at, placed: placedOf(row) }))
  },

  async mentioning(userId, before, limit) {
    const rows = await db.query<PlacedRow>({
      name: 'messageLists.mentioning',
      text: mentioningQuery,
      values: [userId, before ?? Number.MAX_SAFE_INTEGER, limit],
    })
    return rows.map(placedOf)
  },

  texts: (conversationId, before, limit) =>
    db.query<{ id: MessageId; seq: Seq; content: string }>({
      name: 'messageLists.texts',
      text: `select m.id, m.seq, m.content from chat_messages m
        where m.conversation_id = $1 and m.seq < $2 and m.deleted_at is null
        order by m.seq desc limit $3`,
      values: [conversationId, before, limit],
    }),

  async byIds(ids) {
    const rows = await db.query<MessageRow>({
      name: 'messageLists.byIds',
      text: `select ${messageColumns} ${fromMessages} where m.id = any($1)`,
      values: [ids],
    })
    return rows.map(messageOf)
  },
})
