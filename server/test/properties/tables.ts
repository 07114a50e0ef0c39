/** What the tables hold of one conversation, read without any of the server's queries. */
import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { MemberRole } from '@parley/protocol/resources'
import type { Queryable } from '../../src/database/pool.ts'

interface MessageRow {
  id: MessageId
  seq: Seq
  ordinal: number
  version: Seq
  user_id: UserId
  client_key: string
  content: string
  edited: boolean
  deleted: boolean
  reply_to: MessageId | null
  mentions: UserId[]
  mentions_all: boolean
  /** `emoji user`, in the order in which they came. */
  reactions: string[]
  pinned: boolean
}

export interface Tables {
  lastSeq: Seq
  lastOrdinal: number
  memberCount: number
  messages: MessageRow[]
  changes: { seq: Seq; kind: string; message_id: MessageId | null }[]
  members: [UserId, MemberRole][]
  reads: { user_id: UserId; last_read_ordinal: number }[]
}

export async function tablesOf(db: Queryable, room: ConversationId): Promise<Tables> {
  const all = <Row>(text: string) => db.query<Row>({ text, values: [room] })
  const [line] = await all<{ last_seq: Seq; last_ordinal: number; member_count: number }>(
    `select last_seq, last_ordinal, member_count from lines join conversations on id = conversation_id
      where conversation_id = $1`,
  )
  const members = await all<{ user_id: UserId; role: MemberRole }>(
    'select user_id, role from members where conversation_id = $1 order by user_id',
  )
  return {
    lastSeq: line!.last_seq,
    lastOrdinal: line!.last_ordinal,
    memberCount: line!.member_count,
    messages: await all(
      `select id, seq, ordinal, version, user_id, client_key, content,
        edited_at is not null as edited, deleted_at is not null as deleted, reply_to, mentions_all,
        pinned_at is not null as pinned, coalesce(to_jsonb(mentions), '[]') as mentions,
        coalesce((select jsonb_agg(r.emoji || ' ' || r.user_id order by r.seq) from reactions r
          where r.message_id = chat_messages.id), '[]') as reactions
        from chat_messages where conversation_id = $1 order by seq`,
    ),
    changes: await all(
      'select seq, kind, message_id from changes where conversation_id = $1 order by seq',
    ),
    members: members.map(({ user_id, role }) => [user_id, role]),
    reads: await all(
      'select user_id, last_read_ordinal from message_reads where conversation_id = $1',
    ),
  }
}

/** 1 to n. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1)
