import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Pool, Queryable } from './pool.ts'

/** A conversation to write into, and who writes there. */
export interface Target {
  id: ConversationId
  memberIds: UserId[]
}

const historyMs = 90 * 24 * 3_600_000

/** In ms since 1970: 90 days ago, or the newest message there is. */
export async function startOfHistory(pool: Pool, targets: Target[]): Promise<number> {
  const rows = await pool.query<{ newest: Date | null }>({
    text: 'select max(created_at) as newest from chat_messages where conversation_id = any($1)',
    values: [targets.map(({ id }) => id)],
  })
  return Math.max(Date.now() - historyMs, rows[0]?.newest?.getTime() ?? 0)
}

interface MadeUpMessage {
  conversationId: ConversationId
  userId: UserId
  content: string
  /** In ms since 1970. */
  createdAtMs: number
}

/** As send_messages_2 does: the lines locked in order first, then numbered in a new statement. */
export const addMessages = (pool: Pool, batch: MadeUpMessage[]): Promise<void> =>
  pool.transaction(async (db: Queryable) => {
    const ids = batch.map(({ conversationId }) => conversationId)
    await db.query({
      text: `select from lines where conversation_id = any($1)
        order by conversation_id for no key update`,
      values: [ids],
    })
    await db.query({
      name: 'factory.addMessages',
      text: insertMessages,
      values: [
        ids,
        batch.map(({ userId }) => userId),
        batch.map(({ content }) => content),
        batch.map(({ createdAtMs }) => createdAtMs),
      ],
    })
  })

const insertMessages = `
  with numbered as (
    select i.*, row_number() over (partition by i.conversation_id order by i.n) as place
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::float8[])
      with ordinality i(conversation_id, user_id, content, ms, n)
  ), bumped as (
    update lines l set last_seq = l.last_seq + c.count, last_ordinal = l.last_ordinal + c.count
    from (select conversation_id, count(*) from numbered group by 1) c
    where l.conversation_id = c.conversation_id
    returning l.conversation_id, l.last_seq - c.count as seq, l.last_ordinal - c.count as ordinal
  )
  insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content, created_at)
  select n.conversation_id, b.seq + n.place, b.ordinal + n.place, b.seq + n.place, n.user_id,
    gen_random_uuid(), n.content, to_timestamp(n.ms / 1000)
  from numbered n join bumped b using (conversation_id) order by n.n`

/** New conversations in which everybody has some of the latest messages still to read. */
export async function readAlmostAll(pool: Pool, targets: Target[]): Promise<void> {
  await pool.query({
    text: `update message_reads r
      set last_read_seq = l.last_seq - least(l.last_ordinal, (r.user_id + r.conversation_id) % 4),
        last_read_ordinal = l.last_ordinal - least(l.last_ordinal, (r.user_id + r.conversation_id) % 4)
      from lines l
      where r.conversation_id = l.conversation_id and l.conversation_id = any($1)`,
    values: [targets.map(({ id }) => id)],
  })
}
