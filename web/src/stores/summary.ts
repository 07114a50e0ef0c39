import type { Change } from '@parley/protocol/changes'
import type { Seq, UserId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import type { OwnPosition } from '@parley/protocol/state'

/** A line of the conversation list: what the server said at `lastSeq`, and what happened since. */
export interface Summary {
  readonly conversation: Conversation
  /** The server's count covers everything up to here. */
  readonly countedTo: Seq
  readonly counted: number
  /** Those of them that mention me. */
  readonly countedMentions: number
  /** Unread messages of others that arrived after `countedTo`. */
  readonly arrived: readonly Arrived[]
}

interface Arrived {
  seq: Seq
  mentionsMe: boolean
}

export function summarize(conversation: Conversation): Summary {
  return {
    conversation,
    countedTo: conversation.lastSeq,
    counted: conversation.unread,
    countedMentions: conversation.mentions,
    arrived: [],
  }
}

/** Ignores a change it has already seen. */
export function applyToSummary(summary: Summary, change: Change, me: UserId): Summary {
  if (change.seq <= summary.conversation.lastSeq) return summary
  const conversation = { ...summary.conversation, lastSeq: change.seq }
  return recount(afterChange({ ...summary, conversation }, change, me))
}

/** My position from a reply or another tab, forward or back; an older one changes nothing. */
export function applyRead(summary: Summary, read: OwnPosition): Summary {
  if (read.rev < summary.conversation.rev) return summary
  const { lastReadSeq, lastReadOrdinal, rev } = read
  if (lastReadSeq < summary.conversation.lastReadSeq) return wentBack(summary, read)
  const arrived = summary.arrived.filter(({ seq }) => seq > lastReadSeq)
  const all = lastReadSeq >= summary.countedTo
  const counted = all ? 0 : Math.max(0, read.unread - arrived.length)
  const countedMentions = all ? 0 : Math.max(0, read.mentions - mentioning(arrived))
  const conversation = { ...summary.conversation, lastReadSeq, lastReadOrdinal, rev }
  return recount({ ...summary, conversation, counted, countedMentions, arrived })
}

/** What had arrived and was read is not known one by one any more: the server has counted it. */
function wentBack({ conversation }: Summary, read: OwnPosition): Summary {
  const { lastReadSeq, lastReadOrdinal, unread, mentions, rev } = read
  const position = { lastReadSeq, lastReadOrdinal, unread, mentions, rev }
  return summarize({ ...conversation, ...position })
}

const mentioning = (arrived: readonly Arrived[]): number =>
  arrived.filter(({ mentionsMe }) => mentionsMe).length

/** Latest activity first. */
export function byActivity(a: Conversation, b: Conversation): number {
  return activityOf(b).localeCompare(activityOf(a)) || b.id - a.id
}

function afterChange(summary: Summary, change: Change, me: UserId): Summary {
  switch (change.type) {
    case 'message.created':
      return created(summary, change, me)
    case 'message.edited':
      return edited(replaceLast(summary, change.message), change.message, me)
    case 'message.reacted':
    case 'message.pinned':
      return replaceLast(summary, change.message)
    case 'message.deleted':
      return deleted(
        replaceLast(summary, change.message),
        change.message.seq,
        change.message.user.id === me,
      )
    case 'member.joined':
      return membership(summary, 1, change.user.id === me ? change.role : undefined)
    case 'member.left':
      return membership(summary, -1, undefined)
    case 'member.changed':
      return membership(summary, 0, change.user.id === me ? change.role : undefined)
    case 'conversation.changed': {
      const { name, topic, archivedAt } = change
      return { ...summary, conversation: { ...summary.conversation, name, topic, archivedAt } }
    }
  }
}

type Created = Extract<Change, { type: 'message.created' }>
type Message = Created['message']

/** Counts a message that is already deleted too: its deletion follows and takes it away again. */
function created(summary: Summary, { seq, message }: Created, me: UserId): Summary {
  const conversation = {
    ...summary.conversation,
    lastMessage: message,
    lastOrdinal: Math.max(summary.conversation.lastOrdinal, message.ordinal),
  }
  if (message.user.id !== me) {
    if (seq <= conversation.lastReadSeq) return { ...summary, conversation }
    return {
      ...summary,
      conversation,
      arrived: [...summary.arrived, { seq, mentionsMe: mentions(message, me) }],
    }
  }
  const read = { lastReadSeq: seq, lastReadOrdinal: message.ordinal }
  return {
    ...summary,
    conversation: { ...conversation, ...read },
    counted: 0,
    countedMentions: 0,
    arrived: [],
  }
}

function replaceLast(summary: Summary, message: Message): Summary {
  const last = summary.conversation.lastMessage
  if (last?.id !== message.id || last.version >= message.version) return summary
  return { ...summary, conversation: { ...summary.conversation, lastMessage: message } }
}

const mentions = (message: Message, me: UserId): boolean =>
  message.mentionsAll || message.mentions.includes(me)

/** Whom it mentions may have changed; of what the server counted it is not known whom it mentioned. */
function edited(summary: Summary, message: Message, me: UserId): Summary {
  const mentionsMe = mentions(message, me)
  const arrived = summary.arrived.map((each) =>
    each.seq === message.seq ? { ...each, mentionsMe } : each,
  )
  return { ...summary, arrived }
}

function deleted(summary: Summary, seq: Seq, mine: boolean): Summary {
  if (mine || seq <= summary.conversation.lastReadSeq) return summary
  if (seq > summary.countedTo) {
    return { ...summary, arrived: summary.arrived.filter((other) => other.seq !== seq) }
  }
  return { ...summary, counted: Math.max(0, summary.counted - 1) }
}

function membership(summary: Summary, by: number, role: Conversation['role'] | undefined): Summary {
  const { conversation } = summary
  return {
    ...summary,
    conversation: {
      ...conversation,
      memberCount: conversation.memberCount + by,
      role: role ?? conversation.role,
    },
  }
}

function recount(summary: Summary): Summary {
  const { conversation, arrived } = summary
  const unread = summary.counted + arrived.length
  const mentions = Math.min(unread, summary.countedMentions + mentioning(arrived))
  return { ...summary, conversation: { ...conversation, unread, mentions } }
}

const activityOf = (conversation: Conversation): string =>
  conversation.lastMessage?.createdAt ?? conversation.createdAt
