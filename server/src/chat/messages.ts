import type { Change } from '@parley/protocol/changes'
import { Refusal } from '@parley/protocol/refusal'
import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { Message, User } from '@parley/protocol/resources'
import type { Database } from '../database/database.ts'
import type { ChangeOutcome, SendOutcome } from '../database/messages.ts'
import { accessTo, messageFor } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { mayDelete, mayEdit, mayRead } from './policies.ts'

export interface Draft {
  conversationId: ConversationId
  content: string
  clientKey: string
  replyTo?: MessageId | undefined
}

export interface Sent {
  message: Message
  conversation: { id: ConversationId; name: string }
}

/** Stores a message and tells everybody; a repeated key answers with the original. */
export type Send = (author: User, draft: Draft) => Promise<Sent>

/**
 * The one way a message comes into being, whatever door it came through.
 * The database checks membership, key and what is answered under the line's lock: nothing is read before.
 */
export const createSend =
  (db: Database, announce: Announce): Send =>
  async (author, draft) => {
    const { conversationId } = draft
    const sent = await db.messages.send({ ...draft, userId: author.id })
    if (sent.outcome !== 'stored' && sent.outcome !== 'known') throw refusalOf(sent.outcome)
    const conversation = { id: conversationId, name: sent.conversation.name }
    if (sent.outcome === 'known') return { message: await known(db, author, sent.id), conversation }
    const message = newMessage(author, draft, sent)
    const { seq, createdAt: at } = message
    const change = { type: 'message.created', seq, at, actor: author, message } as const
    announce.change(conversationId, change, sent.epoch)
    if (sent.conversation.kind === 'public')
      announce.publicMessage(change, conversation.name, sent.epoch)
    return { message, conversation }
  }

/** Who was removed since learns that it is stored, and nothing of what others wrote. */
async function known(
  { conversations, messages }: Database,
  author: User,
  id: MessageId,
): Promise<Message> {
  const message = (await messages.find(id))!
  const access = await conversations.access(author.id, [message.conversationId])
  const mayStillRead = access.get(message.conversationId)
  if (mayStillRead && mayRead(mayStillRead)) return message
  return { ...message, quote: null, reactions: [], pinnedAt: null }
}

const newMessage = (
  user: User,
  { conversationId, content, clientKey, replyTo }: Draft,
  {
    id,
    seq,
    ordinal,
    quote,
    mentions,
    mentionsAll,
    createdAt,
  }: SendOutcome & { outcome: 'stored' },
): Message => ({
  ...{ id, conversationId, seq, ordinal, version: seq, user, clientKey, type: 'text' },
  ...{ content, meta: null, replyTo: replyTo ?? null, quote, reactions: [] },
  ...{ mentions, mentionsAll, pinnedAt: null },
  ...{ createdAt: createdAt.toISOString(), editedAt: null, deletedAt: null },
})

type MessageHandlers = Pick<
  Handlers,
  | 'messages.send'
  | 'messages.list'
  | 'messages.get'
  | 'messages.edit'
  | 'messages.delete'
  | 'messages.react'
  | 'messages.pin'
>

export const messageHandlers = (db: Database, announce: Announce, send: Send): MessageHandlers => ({
  'messages.send': async ({ user }, draft) => ({ message: (await send(user, draft)).message }),

  'messages.list': async ({ user }, { conversationId, ...request }) => {
    await accessTo(db.conversations, user.id, conversationId)
    const page = await db.messages.page(conversationId, request)
    return { ...page, lastSeq: page.lastSeq ?? 0 }
  },

  'messages.get': async ({ user }, { id }) => ({
    message: (await messageFor(db, user.id, id)).message,
  }),

  'messages.edit': async ({ user }, { id, content, clientKey }) => {
    const { message, access } = await messageFor(db, user.id, id)
    if (!mayEdit(access, message, user)) throw new Refusal('permissionDenied')
    const outcome = await db.messages.edit(id, user.id, clientKey, content)
    return changed(db, announce, user, message, outcome, { type: 'message.edited' })
  },

  'messages.delete': async ({ user }, { id }) => {
    const { message, access } = await messageFor(db, user.id, id)
    if (!mayDelete(access, message, user)) throw new Refusal('permissionDenied')
    const outcome = await db.messages.delete(id, user.id)
    return changed(db, announce, user, message, outcome, { type: 'message.deleted' })
  },

  'messages.react': async ({ user }, { id, emoji, added }) => {
    const { message } = await messageFor(db, user.id, id)
    const outcome = await db.messages.react(id, user.id, emoji, added)
    return changed(db, announce, user, message, outcome, { type: 'message.reacted', emoji, added })
  },

  'messages.pin': async ({ user }, { id, pinned }) => {
    const { message } = await messageFor(db, user.id, id)
    const outcome = await db.messages.pin(id, user.id, pinned)
    return changed(db, announce, user, message, outcome, { type: 'message.pinned', pinned })
  },
})

/** What a change of a message says beyond what every change says. */
type Kind<Each = Extract<Change, { message: Message }>> = Each extends Change
  ? Omit<Each, 'seq' | 'at' | 'actor' | 'message'>
  : never

async function changed(
  db: Database,
  announce: Announce,
  actor: User,
  { id, conversationId }: Message,
  { outcome, epoch, seq, at }: ChangeOutcome,
  kind: Kind,
): Promise<{ message: Message }> {
  if (outcome !== 'stored' && outcome !== 'known' && outcome !== 'unchanged')
    throw refusalOf(outcome)
  const message = (await db.messages.find(id))!
  if (outcome === 'stored') {
    const { type, ...rest } = kind
    const change = { type, seq, at: at.toISOString(), actor, ...rest, message } as Change
    announce.change(conversationId, change, epoch)
  }
  return { message }
}

type Unwanted = Exclude<(SendOutcome | ChangeOutcome)['outcome'], 'stored' | 'known' | 'unchanged'>

function refusalOf(outcome: Unwanted): Refusal {
  switch (outcome) {
    case 'conflict':
      return new Refusal('conflict', {
        field: 'clientKey',
        message: 'clientKey: was used for something else',
      })
    case 'unquotable':
      return new Refusal('invalidInput', {
        field: 'replyTo',
        message: 'replyTo: is no message of this conversation',
      })
    case 'full':
      return new Refusal('limitExceeded')
    case 'archived':
      return new Refusal('archived')
    case 'refused':
      return new Refusal('notFound')
  }
}
