import type { ConversationId, Seq } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { fromMessages, messageColumns, messageOf, type MessageRow } from './message-rows.ts'
import type { Queryable } from './pool.ts'

/** Of the four at most one is meant, the last of those that are given. None: the newest page. */
export interface PageRequest {
  after?: Seq | undefined
  before?: Seq | undefined
  /** With this one in the middle. */
  around?: Seq | undefined
  /** With the first message on or after this time in the middle. */
  at?: string | undefined
  limit: number
}

/** Ascending; `lastSeq` is the line's end in the same snapshot, undefined for no such line. */
export interface Page {
  messages: Message[]
  /** There are further ones in the direction that was asked for: back, but for `after`. */
  more: boolean
  /** There are messages after these. */
  newer: boolean
  lastSeq: Seq | undefined
}

type Row = MessageRow & { last_seq: Seq }

const stretch = (condition: string, order: 'asc' | 'desc', limit: string) =>
  `(select ${messageColumns} ${fromMessages} where m.conversation_id = l.conversation_id
    and ${condition} order by m.seq ${order} limit ${limit})`

const pageText = (stretches: string[]) =>
  `select l.last_seq, p.* from lines l left join lateral (${stretches.join(' union all ')}) p on true
    where l.conversation_id = $1 order by p.seq`

const aroundText = pageText([
  stretch('m.seq < $2', 'desc', '$3'),
  stretch('m.seq >= $2', 'asc', '$4'),
])

export const pageIn =
  (db: Queryable) =>
  async (id: ConversationId, request: PageRequest): Promise<Page> => {
    const { after, before, around, at, limit } = request
    if (at !== undefined) return aroundPage(db, id, await seqAt(db, id, at), limit)
    if (around !== undefined) return aroundPage(db, id, around, limit)
    const forward = after !== undefined && before === undefined
    const rows = await db.query<Row>({
      name: forward ? 'messages.pageForward' : 'messages.pageBackward',
      text: pageText([stretch('m.seq > $2 and m.seq < $3', forward ? 'asc' : 'desc', '$4')]),
      values: [id, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, limit + 1],
    })
    const found = messagesOf(rows)
    const more = found.length > limit
    const messages = forward ? found.slice(0, limit) : found.slice(-limit)
    const newer = forward ? more : before !== undefined && (await existsFrom(db, id, before))
    return { messages, more, newer, lastSeq: rows[0]?.last_seq }
  }

async function aroundPage(
  db: Queryable,
  id: ConversationId,
  seq: Seq,
  limit: number,
): Promise<Page> {
  const olderMax = Math.floor(limit / 2)
  const newerMax = limit - olderMax
  const rows = await db.query<Row>({
    name: 'messages.pageAround',
    text: aroundText,
    values: [id, seq, olderMax + 1, newerMax + 1],
  })
  const found = messagesOf(rows)
  const older = found.filter((message) => message.seq < seq)
  const rest = found.filter((message) => message.seq >= seq)
  return {
    messages: [...older.slice(older.length > olderMax ? 1 : 0), ...rest.slice(0, newerMax)],
    more: older.length > olderMax,
    newer: rest.length > newerMax,
    lastSeq: rows[0]?.last_seq,
  }
}

const messagesOf = (rows: Row[]): Message[] =>
  rows.filter((row) => row.id !== null).map((row) => messageOf(row))

async function seqAt(db: Queryable, id: ConversationId, at: string): Promise<Seq> {
  const rows = await db.query<{ seq: Seq | null }>({
    name: 'messages.at',
    text: 'select message_at_1($1, $2) as seq',
    values: [id, at],
  })
  return rows[0]!.seq ?? Number.MAX_SAFE_INTEGER
}

async function existsFrom(db: Queryable, id: ConversationId, seq: Seq): Promise<boolean> {
  const rows = await db.query<{ found: boolean }>({
    name: 'messages.existsFrom',
    text: 'select exists (select from chat_messages where conversation_id = $1 and seq >= $2) as found',
    values: [id, seq],
  })
  return rows[0]!.found
}
