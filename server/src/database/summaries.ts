import type { ConversationId, UserId } from '@parley/protocol/ids'
import type {
  Conversation,
  ConversationKind,
  MemberRole,
  NotifyLevel,
  User,
} from '@parley/protocol/resources'
import { batchPerTurn } from '../batch-per-turn.ts'
import { epochColumn } from './epoch.ts'
import { messageColumns, messageOf, type MessageRow } from './message-rows.ts'
import type { Queryable } from './pool.ts'
import { mentionsAfter } from './reads.ts'

export type Summaries = (
  userId: UserId,
  ids: ConversationId[],
) => Promise<{ epoch: string; conversations: Conversation[] }>

interface SummaryRow {
  request: number
  epoch: string
  conversation: ConversationId
  name: string
  kind: ConversationKind
  topic: string
  conversation_created_at: Date
  archived_at: Date | null
  people: User[] | null
  member_count: number
  role: MemberRole | null
  last_seq: number
  last_ordinal: number
  last_read_seq: number
  last_read_ordinal: number
  rev: number
  deleted_unread: number
  favourite: boolean | null
  muted: boolean | null
  notify: NotifyLevel | null
  unread_mentions: number
}

const summaryQuery = `
  select i.request, ${epochColumn}, c.id as conversation, c.name, c.kind,
    c.topic, c.created_at as conversation_created_at, c.archived_at,
    b.favourite, b.muted, b.notify,
    case when c.kind = 'direct' then (
      select json_agg(json_build_object('id', o.id, 'username', o.username) order by ob.joined_seq)
      from members ob join users o on o.id = ob.user_id
      where ob.conversation_id = c.id and ob.user_id <> i.user_id
    ) end as people,
    c.member_count, b.role, l.last_seq, l.last_ordinal,
    coalesce(r.last_read_seq, 0) as last_read_seq, coalesce(r.last_read_ordinal, 0) as last_read_ordinal,
    coalesce(r.rev, 0) as rev,
    (select count(*) from chat_messages d where d.conversation_id = c.id and d.deleted_at is not null
      and d.ordinal > coalesce(r.last_read_ordinal, 0)) as deleted_unread,
    ${mentionsAfter('c.id', 'i.user_id', 'coalesce(r.last_read_ordinal, 0)')} as unread_mentions,
    p.*
  from unnest($1::int[], $2::bigint[], $3::bigint[]) with ordinality i(request, user_id, id, n)
    join conversations c on c.id = i.id
    join lines l on l.conversation_id = c.id
    left join members b on b.conversation_id = c.id and b.user_id = i.user_id
    left join message_reads r on r.conversation_id = c.id and r.user_id = i.user_id
    left join lateral (
      select ${messageColumns} from chat_messages m join users u on u.id = m.user_id
      where m.conversation_id = c.id and m.deleted_at is null order by m.seq desc limit 1
    ) p on true
  order by i.n`

function summaryOf(row: SummaryRow & MessageRow): Conversation {
  const member = row.role !== null
  return {
    id: row.conversation,
    name: row.name,
    kind: row.kind,
    topic: row.topic,
    createdAt: row.conversation_created_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    people: row.people ?? [],
    memberCount: row.member_count,
    role: row.role,
    lastSeq: row.last_seq,
    lastOrdinal: row.last_ordinal,
    lastReadSeq: row.last_read_seq,
    lastReadOrdinal: row.last_read_ordinal,
    unread: member ? row.last_ordinal - row.last_read_ordinal - row.deleted_unread : 0,
    mentions: member ? row.unread_mentions : 0,
    rev: row.rev,
    lastMessage: row.id === null ? null : messageOf(row),
    favourite: row.favourite ?? false,
    muted: row.muted ?? false,
    notify: row.notify ?? 'all',
  }
}

/** Those who connect in one turn read together, each as they see it. */
export function summariesIn(db: Queryable): Summaries {
  const load = batchPerTurn(async (asked: { userId: UserId; ids: ConversationId[] }[]) => {
    const places = asked.flatMap(({ userId, ids }, request) =>
      ids.map((id) => ({ request, userId, id })),
    )
    const rows = await db.query<SummaryRow & MessageRow>({
      name: 'conversations.summaries',
      text: summaryQuery,
      values: [
        places.map(({ request }) => request),
        places.map(({ userId }) => userId),
        places.map(({ id }) => id),
      ],
    })
    const answers = asked.map(() => ({
      epoch: rows[0]?.epoch ?? '',
      conversations: [] as Conversation[],
    }))
    for (const row of rows) answers[row.request]!.conversations.push(summaryOf(row))
    return answers
  })
  return (userId, ids) => load({ userId, ids })
}
