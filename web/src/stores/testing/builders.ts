import type { Change } from '@parley/protocol/changes'
import type { Conversation, Message, User } from '@parley/protocol/resources'
import type { Outgoing } from '../../local/queue.ts'

// For tests: the smallest thing that can be meant, with what matters written out.

export const john: User = { id: 1, username: 'john' }
export const bill: User = { id: 2, username: 'bill' }

const noon = '2026-11-22T12:00:00.000Z'

export function aMessage(seq: number, fields: Partial<Message> = {}): Message {
  return {
    id: 100 + seq,
    conversationId: 7,
    seq,
    ordinal: seq,
    version: seq,
    user: bill,
    clientKey: `key-${seq}`,
    type: 'text',
    content: `message ${seq}`,
    meta: null,
    replyTo: null,
    quote: null,
    reactions: [],
    mentions: [],
    mentionsAll: false,
    pinnedAt: null,
    createdAt: noon,
    editedAt: null,
    deletedAt: null,
    ...fields,
  }
}

export function created(message: Message): Change {
  const { seq, createdAt: at, user: actor } = message
  return { type: 'message.created', seq, at, actor, message }
}

export function edited(seq: number, message: Message, content: string): Change {
  const newer = { ...message, content, version: seq, editedAt: noon }
  return { type: 'message.edited', seq, at: noon, actor: message.user, message: newer }
}

export function deleted(seq: number, message: Message): Change {
  const newer = { ...message, content: '', version: seq, deletedAt: noon }
  return { type: 'message.deleted', seq, at: noon, actor: message.user, message: newer }
}

export const joined = (seq: number, user: User): Change => ({
  type: 'member.joined',
  seq,
  at: noon,
  actor: user,
  user,
  role: 'member',
})

export function aConversation(fields: Partial<Conversation> = {}): Conversation {
  return {
    id: 7,
    name: 'General',
    kind: 'public',
    topic: '',
    archivedAt: null,
    people: [],
    createdAt: noon,
    memberCount: 2,
    role: 'member',
    lastSeq: 10,
    lastOrdinal: 10,
    lastReadSeq: 10,
    lastReadOrdinal: 10,
    unread: 0,
    mentions: 0,
    rev: 0,
    lastMessage: null,
    favourite: false,
    muted: false,
    notify: 'all',
    ...fields,
  }
}

export const anOutgoing = (clientKey: string, fields: Partial<Outgoing> = {}): Outgoing => ({
  kind: 'send',
  clientKey,
  conversationId: 7,
  content: `text of ${clientKey}`,
  createdAt: noon,
  refusal: undefined,
  ...fields,
})
