import type { ConversationId, Seq, UserId } from '@parley/protocol/ids'
import type { Preferences } from '@parley/protocol/resources'
import type { Queryable } from './pool.ts'

/** How far somebody says they have come; 0 says nothing. */
export interface Reached {
  conversationId: ConversationId
  userId: UserId
  read: Seq
  delivered: Seq
}

/** Where a member stands in a conversation. Unread is counted anew, never stored. */
export interface Standing {
  lastReadSeq: Seq
  lastReadOrdinal: number
  /** What others are told: how far this member has ever come. */
  seenSeq: Seq
  lastDeliveredSeq: Seq
  unread: number
  /** Those of them that mention the member. */
  mentions: number
  /** Counts the moves of this position. */
  rev: number
  /** The line's end when it was counted. */
  lastSeq: Seq
  memberCount: number
}

/** And what the member has set for the conversation. */
export type Place = Standing & Preferences

export interface Moved extends Standing {
  readMoved: boolean
  deliveredMoved: boolean
  /** The member shows positions to others. */
  shown: boolean
}

export interface MemberPosition {
  conversationId: ConversationId
  userId: UserId
  /** As others see it: never back. */
  lastReadSeq: Seq
  lastDeliveredSeq: Seq
  shown: boolean
}

/** Read and delivered positions. Having read implies having received. */
export interface Reads {
  /**
   * Moves positions forward, never back and never beyond the line's end; each member and conversation
   * at most once. Answers in the order asked; undefined for who is not a member.
   */
  move(positions: Reached[]): Promise<(Moved | undefined)[]>
  /** Sets a position back to before this change; nothing happens where it is there already. */
  setBack(conversationId: ConversationId, userId: UserId, seq: Seq): Promise<void>
  /** Answers in the order asked; undefined for who is not a member. */
  standings(
    asked: { conversationId: ConversationId; userId: UserId }[],
  ): Promise<(Place | undefined)[]>
  /** Of all members of these conversations. */
  positions(ids: ConversationId[]): Promise<MemberPosition[]>
  /** Of one member, in every conversation with at most so many members. */
  positionsOf(userId: UserId, membersMax: number): Promise<MemberPosition[]>
}

/** Of one member: deleted messages after an ordinal. */
const deletedAfter = (ordinal: string) =>
  `(select count(*) from chat_messages d where d.conversation_id = a.conversation_id
    and d.deleted_at is not null and d.ordinal > ${ordinal})`

/** Messages after an ordinal that mention this user. */
export const mentionsAfter = (conversation: string, user: string, ordinal: string) =>
  `(select count(*) from chat_messages n where n.conversation_id = ${conversation}
    and n.mentions is not null and n.ordinal > ${ordinal} and n.deleted_at is null
    and n.user_id <> ${user} and (n.mentions_all or ${user} = any(n.mentions)))`

const unreadColumns = `
  greatest(a.last_ordinal - a.last_read_ordinal, 0) - ${deletedAfter('a.last_read_ordinal')} as unread,
  ${mentionsAfter('a.conversation_id', 'a.user_id', 'a.last_read_ordinal')} as mentions`

/** Rows are written by conversation and user, the order in which sends write them too. */
const moveQuery = `
  with asked as materialized (
    select i.n, i.conversation_id, i.user_id, l.last_ordinal, l.last_seq, c.member_count, u.read_receipts,
      least(i.read, l.last_seq) as read,
      least(greatest(i.delivered, i.read), l.last_seq) as delivered,
      coalesce((select m.ordinal from chat_messages m where m.conversation_id = i.conversation_id
        and m.seq <= i.read order by m.seq desc limit 1), 0) as ordinal
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) with ordinality
        i(conversation_id, user_id, read, delivered, n)
      join members b on b.conversation_id = i.conversation_id and b.user_id = i.user_id
      join lines l on l.conversation_id = i.conversation_id
      join conversations c on c.id = i.conversation_id
      join users u on u.id = i.user_id
  ), moved as (
    insert into message_reads as r
      (conversation_id, user_id, last_read_seq, last_read_ordinal, last_delivered_seq)
    select conversation_id, user_id, read, ordinal, delivered from asked order by 1, 2
    on conflict (conversation_id, user_id) do update
      set last_read_seq = greatest(r.last_read_seq, excluded.last_read_seq),
          last_read_ordinal = greatest(r.last_read_ordinal, excluded.last_read_ordinal),
          last_delivered_seq = greatest(r.last_delivered_seq, excluded.last_delivered_seq)
      where r.last_read_seq < excluded.last_read_seq or r.last_delivered_seq < excluded.last_delivered_seq
    returning *
  ), a as (
    -- What was written, or what was there; never a part of both: a position belongs to its rev.
    select a.n, a.conversation_id, a.user_id, a.last_ordinal, a.last_seq, a.member_count, a.read_receipts,
      coalesce(w.last_read_seq, r.last_read_seq, 0) as last_read_seq,
      coalesce(w.last_read_ordinal, r.last_read_ordinal, 0) as last_read_ordinal,
      coalesce(w.last_delivered_seq, r.last_delivered_seq, 0) as last_delivered_seq,
      coalesce(w.last_seen_seq, r.last_seen_seq, 0) as last_seen_seq,
      coalesce(w.rev, r.rev, 0) as rev,
      coalesce(w.last_read_seq, 0) > coalesce(r.last_read_seq, 0) as read_moved,
      a.delivered > greatest(coalesce(r.last_delivered_seq, 0), coalesce(r.last_read_seq, 0),
        coalesce(r.last_seen_seq, 0)) as delivered_moved
    from asked a
      left join moved w on w.conversation_id = a.conversation_id and w.user_id = a.user_id
      left join message_reads r on r.conversation_id = a.conversation_id and r.user_id = a.user_id
  )
  select a.n, a.last_read_seq as "lastReadSeq", a.last_read_ordinal as "lastReadOrdinal", a.rev,
    a.last_seq as "lastSeq", greatest(a.last_seen_seq, a.last_read_seq) as "seenSeq",
    greatest(a.last_delivered_seq, a.last_seen_seq, a.last_read_seq) as "lastDeliveredSeq",
    ${unreadColumns}, a.member_count as "memberCount", a.read_moved as "readMoved",
    a.delivered_moved as "deliveredMoved", a.read_receipts as shown
  from a`

const setBackQuery = `
  update message_reads r set last_read_seq = $3 - 1,
    last_read_ordinal = coalesce((select m.ordinal from chat_messages m
      where m.conversation_id = $1 and m.seq < $3 order by m.seq desc limit 1), 0),
    last_seen_seq = greatest(r.last_seen_seq, r.last_read_seq)
  where r.conversation_id = $1 and r.user_id = $2 and r.last_read_seq >= $3
    and exists (select from members b where b.conversation_id = $1 and b.user_id = $2)`

const standingQuery = `
  select a.n, a.last_read_seq as "lastReadSeq", a.last_read_ordinal as "lastReadOrdinal", a.rev,
    a.last_seq as "lastSeq", greatest(a.last_seen_seq, a.last_read_seq) as "seenSeq",
    greatest(a.last_delivered_seq, a.last_seen_seq, a.last_read_seq) as "lastDeliveredSeq",
    ${unreadColumns}, a.member_count as "memberCount", a.favourite, a.muted, a.notify
  from (
    select i.*, l.last_ordinal, l.last_seq, c.member_count, b.favourite, b.muted, b.notify,
      coalesce(r.last_read_seq, 0) as last_read_seq,
      coalesce(r.last_read_ordinal, 0) as last_read_ordinal, coalesce(r.rev, 0) as rev,
      coalesce(r.last_seen_seq, 0) as last_seen_seq, coalesce(r.last_delivered_seq, 0) as last_delivered_seq
    from unnest($1::bigint[], $2::bigint[]) with ordinality i(conversation_id, user_id, n)
      join members b on b.conversation_id = i.conversation_id and b.user_id = i.user_id
      join lines l on l.conversation_id = i.conversation_id
      join conversations c on c.id = i.conversation_id
      left join message_reads r on r.conversation_id = i.conversation_id and r.user_id = i.user_id
  ) a`

const positionColumns = `b.conversation_id as "conversationId", b.user_id as "userId",
  greatest(coalesce(r.last_read_seq, 0), coalesce(r.last_seen_seq, 0)) as "lastReadSeq",
  greatest(coalesce(r.last_delivered_seq, 0), coalesce(r.last_read_seq, 0), coalesce(r.last_seen_seq, 0))
    as "lastDeliveredSeq",
  u.read_receipts as shown`
const fromMembers = `from members b join users u on u.id = b.user_id
  left join message_reads r on r.conversation_id = b.conversation_id and r.user_id = b.user_id`

export const readsIn = (db: Queryable): Reads => ({
  async move(positions) {
    const rows = await db.query<Moved & { n: number }>({
      name: 'reads.move',
      text: moveQuery,
      values: [
        positions.map(({ conversationId }) => conversationId),
        positions.map(({ userId }) => userId),
        positions.map(({ read }) => read),
        positions.map(({ delivered }) => delivered),
      ],
    })
    return inOrder(rows, positions.length)
  },

  async setBack(conversationId, userId, seq) {
    await db.query({
      name: 'reads.setBack',
      text: setBackQuery,
      values: [conversationId, userId, seq],
    })
  },

  async standings(asked) {
    const rows = await db.query<Place & { n: number }>({
      name: 'reads.standings',
      text: standingQuery,
      values: [
        asked.map(({ conversationId }) => conversationId),
        asked.map(({ userId }) => userId),
      ],
    })
    return inOrder(rows, asked.length)
  },

  positions: (ids) =>
    db.query<MemberPosition>({
      name: 'reads.positions',
      text: `select ${positionColumns} ${fromMembers} where b.conversation_id = any($1)
        order by b.conversation_id, b.user_id`,
      values: [ids],
    }),

  positionsOf: (userId, membersMax) =>
    db.query<MemberPosition>({
      name: 'reads.positionsOf',
      text: `select ${positionColumns} ${fromMembers} join conversations c on c.id = b.conversation_id
        where b.user_id = $1 and c.member_count <= $2`,
      values: [userId, membersMax],
    }),
})

function inOrder<Row>(rows: (Row & { n: number })[], length: number): (Row | undefined)[] {
  const ordered: (Row | undefined)[] = Array.from({ length })
  for (const { n, ...row } of rows) ordered[n - 1] = row as Row
  return ordered
}
