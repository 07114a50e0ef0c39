import type { Change } from '@parley/protocol/changes'
import type { UserId } from '@parley/protocol/ids'
import type { Conversation, Message } from '@parley/protocol/resources'
import type { OwnPosition } from '@parley/protocol/state'
import { type Count, countOf, follow, startCount, tell } from './unread-count.ts'

/** A line of the conversation list: what the server said, and what happened since. */
export interface Summary {
  readonly conversation: Conversation
  readonly count: Count
  /** The server has to be asked for the exact counts. */
  readonly isGuess: boolean
}

export const summarize = (conversation: Conversation): Summary => ({
  conversation,
  count: startCount(positionIn(conversation)),
  isGuess: false,
})

function positionIn(conversation: Conversation): OwnPosition {
  const { lastReadSeq, lastReadOrdinal, unread, mentions, rev, lastSeq } = conversation
  return { lastReadSeq, lastReadOrdinal, unread, mentions, rev, lastSeq }
}

/** Ignores a change it has already seen. */
export function applyToSummary(summary: Summary, change: Change, me: UserId): Summary {
  if (change.seq <= summary.conversation.lastSeq) return summary
  const conversation = { ...afterChange(summary.conversation, change, me), lastSeq: change.seq }
  return recount(conversation, follow(summary.count, change, me))
}

/** My position from a reply or another tab, forward or back; an older one changes nothing. */
export function applyRead(summary: Summary, read: OwnPosition): Summary {
  const count = tell(summary.count, read)
  return count === summary.count ? summary : recount(summary.conversation, count)
}

function recount(conversation: Conversation, count: Count): Summary {
  const { isGuess, lastSeq: _, ...position } = countOf(count)
  return { conversation: { ...conversation, ...position }, count, isGuess }
}

/** Latest activity first. */
export function byActivity(a: Conversation, b: Conversation): number {
  return activityOf(b).localeCompare(activityOf(a)) || b.id - a.id
}

function afterChange(conversation: Conversation, change: Change, me: UserId): Conversation {
  switch (change.type) {
    case 'message.created':
      return {
        ...conversation,
        lastMessage: change.message,
        lastOrdinal: Math.max(conversation.lastOrdinal, change.message.ordinal),
      }
    case 'message.edited':
    case 'message.reacted':
    case 'message.pinned':
    case 'message.deleted':
      return replaceLast(conversation, change.message)
    case 'member.joined':
      return membership(conversation, 1, change.user.id === me ? change.role : undefined)
    case 'member.left':
      return membership(conversation, -1, undefined)
    case 'member.changed':
      return membership(conversation, 0, change.user.id === me ? change.role : undefined)
    case 'conversation.changed': {
      const { name, topic, archivedAt } = change
      return { ...conversation, name, topic, archivedAt }
    }
  }
}

function replaceLast(conversation: Conversation, message: Message): Conversation {
  const last = conversation.lastMessage
  if (last?.id !== message.id || last.version >= message.version) return conversation
  return { ...conversation, lastMessage: message }
}

function membership(
  conversation: Conversation,
  by: number,
  role: Conversation['role'] | undefined,
): Conversation {
  return {
    ...conversation,
    memberCount: conversation.memberCount + by,
    role: role ?? conversation.role,
  }
}

const activityOf = (conversation: Conversation): string =>
  conversation.lastMessage?.createdAt ?? conversation.createdAt
