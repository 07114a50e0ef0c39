import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { Pool } from './pool.ts'

/** A message as the stream carries it. */
export interface StreamedMessage {
  id: MessageId
  conversationId: ConversationId
  ordinal: number
  userId: UserId
  type: string
  content: string
  meta: unknown
  createdAt: Date
}

/** The messages of one conversation within a stretch of ids: ordinals without holes. */
export interface Head {
  conversationId: ConversationId
  first: number
  last: number
  lastSeq: Seq
}

export interface IdWindow {
  heads: Head[]
  /** The highest id of the window. */
  top: MessageId
  /** Up to here no id can appear any more; undefined where all are younger. */
  settled: MessageId | undefined
  /** There is more after `top`. */
  full: boolean
}

/** What the Redis Stream is filled from. In a conversation ids grow with ordinals; over all they are not commit-ordered. */
export interface StreamSource {
  /** Begins with what is stored from now on, unless there is a checkpoint. */
  begin(): Promise<void>
  state(): Promise<{ checkpoint: MessageId; epoch: string }>
  /** The next ids, apart from those that may still be on their way to the stream. */
  window(after: MessageId, limit: number): Promise<IdWindow>
  /** Ordinals after `at`, ascending, at most up to `last`; some of them where there are many. */
  between(at: number, head: Omit<Head, 'first'>): Promise<StreamedMessage[]>
  /** The ordinal each conversation had reached at the checkpoint, where it has messages after it. */
  bases(ids: ConversationId[]): Promise<Map<ConversationId, number>>
  /** False where somebody else moved the checkpoint. */
  advance(from: MessageId, to: MessageId): Promise<boolean>
  /** Back to before the messages of the last hours. */
  setBack(hours: number): Promise<void>
  /** Runs `work` where no other process does; false where one does. */
  exclusively(work: () => Promise<void>): Promise<boolean>
}

/** Longer than any statement may run. */
const settledAfter = `interval '60 s'`
/** Younger ones are appended by whoever stored them. */
const ripeAfter = `interval '1 s'`
const pageMax = 500
/** Chosen once: whoever fills the stream holds this advisory lock. */
const lockKey = 7_235_113

interface WindowRow extends Head {
  top: MessageId
  size: number
  settled: MessageId | null
}

const windowQuery = `
  with seen as materialized (
    select id, conversation_id, ordinal, seq, created_at from chat_messages where id > $1 order by id limit $2
  ), ends as (
    select max(id) as top, count(*) as size,
      max(id) filter (where created_at < clock_timestamp() - ${settledAfter}) as settled from seen
  )
  select s.conversation_id as "conversationId", min(s.ordinal) as first, max(s.ordinal) as last,
    max(s.seq) as "lastSeq", e.top, e.size, e.settled
  from seen s cross join ends e where s.created_at < clock_timestamp() - ${ripeAfter}
  group by s.conversation_id, e.top, e.size, e.settled`

const columns = `id, conversation_id as "conversationId", ordinal, user_id as "userId", type, content, meta,
  created_at as "createdAt"`

export const streamSourceIn = (db: Pool): StreamSource => ({
  async begin() {
    await db.query({
      text: `insert into stream_checkpoint (message_id) select coalesce(max(id), 0) from chat_messages
        on conflict do nothing`,
    })
  },

  async state() {
    const rows = await db.query<{ checkpoint: MessageId; epoch: string }>({
      name: 'stream.state',
      text: `select c.message_id as checkpoint, e.value as epoch from stream_checkpoint c, epoch e`,
    })
    return rows[0]!
  },

  async window(after, limit) {
    const rows = await db.query<WindowRow>({
      name: 'stream.window',
      text: windowQuery,
      values: [after, limit],
    })
    const { top = after, size = 0, settled } = rows[0] ?? {}
    return { heads: rows, top, settled: settled ?? undefined, full: size === limit }
  },

  async between(at, { conversationId, last, lastSeq }) {
    const few = last - at <= pageMax
    const rows = await db.query<StreamedMessage>({
      name: few ? 'stream.before' : 'stream.after',
      // Backwards from a known end there is nothing to skip.
      text: few
        ? `select ${columns} from chat_messages where conversation_id = $1 and seq <= $2
            order by seq desc limit $3`
        : `select ${columns} from chat_messages where conversation_id = $1 and seq > $2 and ordinal > $2
            order by seq limit $3`,
      values: few ? [conversationId, lastSeq, last - at] : [conversationId, at, pageMax],
    })
    return few ? rows.reverse() : rows
  },

  async bases(ids) {
    const rows = await db.query<{ id: ConversationId; base: number }>({
      name: 'stream.bases',
      text: `select m.conversation_id as id, min(m.ordinal) - 1 as base
        from stream_checkpoint c join chat_messages m on m.id > c.message_id
        where m.conversation_id = any($1) group by 1`,
      values: [ids],
    })
    return new Map(rows.map(({ id, base }) => [id, base]))
  },

  async advance(from, to) {
    const rows = await db.query({
      name: 'stream.advance',
      text: `update stream_checkpoint set message_id = $2 where message_id = $1 returning message_id`,
      values: [from, to],
    })
    return rows.length > 0
  },

  async setBack(hours) {
    await db.query({
      text: `update stream_checkpoint set message_id = least(message_id, coalesce((select id from chat_messages
        where created_at < clock_timestamp() - $1 * interval '1 hour' order by id desc limit 1), 0))`,
      values: [hours],
    })
  },

  exclusively: (work) =>
    db.transaction(async (held) => {
      const rows = await held.query<{ ours: boolean }>({
        text: 'select pg_try_advisory_xact_lock($1) as ours',
        values: [lockKey],
      })
      if (rows[0]!.ours) await work()
      return rows[0]!.ours
    }),
})
