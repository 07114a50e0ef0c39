import type { Change } from '@parley/protocol/changes'
import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { MemberRole } from '@parley/protocol/resources'
import { epochColumn } from './epoch.ts'
import { messageColumns, messageOf, type MessageRow } from './message-rows.ts'
import type { Queryable } from './pool.ts'

/** A part of one line: everything after a number, up to a limit, read in one snapshot. */
export interface Stretch {
  epoch: string
  lastSeq: Seq
  changes: Change[]
}

export interface Changes {
  /** One query for all requests; undefined where there is no such line. */
  after(
    requests: { conversationId: ConversationId; after: Seq }[],
    limit: number,
  ): Promise<(Stretch | undefined)[]>
  /** The end of each line that exists. */
  tops(ids: ConversationId[]): Promise<{ epoch: string; tops: Map<ConversationId, Seq> }>
  epoch(): Promise<string>
}

interface Data {
  role?: MemberRole
  name?: string
  topic?: string
  archivedAt?: string | null
  emoji?: string
  added?: boolean
  pinned?: boolean
}

interface EntryRow extends MessageRow {
  request: number
  epoch: string
  last_seq: Seq
  entry_seq: Seq | null
  kind: Change['type']
  at: Date
  actor_id: UserId
  actor_name: string
  message_id: MessageId | null
  subject_id: UserId | null
  subject_name: string
  data: Data | null
}

const changeOf = (row: EntryRow): Change => {
  const entry = {
    seq: row.entry_seq!,
    at: row.at.toISOString(),
    actor: { id: row.actor_id, username: row.actor_name },
  }
  const user = { id: row.subject_id!, username: row.subject_name }
  switch (row.kind) {
    case 'member.joined':
    case 'member.changed':
      return { type: row.kind, ...entry, user, role: row.data?.role ?? 'member' }
    case 'member.left':
      return { type: row.kind, ...entry, user }
    case 'conversation.changed': {
      const { name = '', topic = '', archivedAt } = row.data ?? {}
      const archived = archivedAt ? new Date(archivedAt).toISOString() : null
      return { type: row.kind, ...entry, name, topic, archivedAt: archived }
    }
    case 'message.reacted': {
      const { emoji = '', added = false } = row.data ?? {}
      return { type: row.kind, ...entry, emoji, added, message: messageOf(row) }
    }
    case 'message.pinned': {
      const { pinned = false } = row.data ?? {}
      return { type: row.kind, ...entry, pinned, message: messageOf(row) }
    }
    default:
      return { type: row.kind, ...entry, message: messageOf(row) }
  }
}

const entries = `
  (select m.seq, 'message.created' as kind, m.created_at as at, m.user_id as actor_id, m.id as message_id,
      null::bigint as user_id, null::jsonb as data
    from chat_messages m where m.conversation_id = r.conversation_id and m.seq > r.after
    order by m.seq limit $3)
  union all
  (select c.seq, c.kind, c.created_at, c.actor_id, c.message_id, c.user_id, c.data
    from changes c where c.conversation_id = r.conversation_id and c.seq > r.after
    order by c.seq limit $3)
  order by seq limit $3`

const afterQuery = `
  select r.request, ${epochColumn}, l.last_seq,
    e.seq as entry_seq, e.kind, e.at, e.actor_id, a.username as actor_name,
    e.message_id, e.user_id as subject_id, s.username as subject_name,
    case when e.kind <> 'message.edited' then e.data end as data,
    ${messageColumns}
  from unnest($1::bigint[], $2::bigint[]) with ordinality r(conversation_id, after, request)
    join lines l on l.conversation_id = r.conversation_id
    left join lateral (${entries}) e on true
    left join users a on a.id = e.actor_id
    left join users s on s.id = e.user_id
    left join chat_messages m on m.id = e.message_id
    left join users u on u.id = m.user_id
  order by r.request, e.seq`

export const changesIn = (db: Queryable): Changes => ({
  async after(requests, limit) {
    const rows = await db.query<EntryRow>({
      name: 'changes.after',
      text: afterQuery,
      values: [
        requests.map((request) => request.conversationId),
        requests.map((request) => request.after),
        limit,
      ],
    })
    const stretches: (Stretch | undefined)[] = requests.map(() => undefined)
    for (const row of rows) {
      const stretch = (stretches[row.request - 1] ??= {
        epoch: row.epoch,
        lastSeq: row.last_seq,
        changes: [],
      })
      if (row.entry_seq !== null) stretch.changes.push(changeOf(row))
    }
    return stretches
  },

  async tops(ids) {
    const rows = await db.query<{ epoch: string; id: ConversationId | null; last_seq: Seq }>({
      name: 'changes.tops',
      text: `select e.value as epoch, l.conversation_id as id, l.last_seq
        from epoch e left join lines l on l.conversation_id = any($1)`,
      values: [ids],
    })
    const tops = new Map<ConversationId, Seq>()
    for (const row of rows) if (row.id !== null) tops.set(row.id, row.last_seq)
    return { epoch: rows[0]!.epoch, tops }
  },

  async epoch() {
    const rows = await db.query<{ value: string }>({ text: 'select value from epoch' })
    return rows[0]!.value
  },
})
