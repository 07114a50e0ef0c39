import { Refusal } from '@parley/protocol/refusal'
import type { ConversationId } from '@parley/protocol/ids'
import type { Message, User } from '@parley/protocol/resources'
import type { Database } from '../database/database.ts'
import type { ChangeOutcome } from '../database/messages.ts'
import { accessTo, messageFor } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { mayDelete, mayEdit } from './policies.ts'

export interface Draft {
  conversationId: ConversationId
  content: string
  clientKey: string
}

export interface Sent {
  message: Message
  conversation: { id: ConversationId; name: string }
}

/** Stores a message and tells everybody; a repeated key answers with the original. */
export type Send = (author: User, draft: Draft) => Promise<Sent>

/**
 * The one way a message comes into being, whatever door it came through.
 * The database checks membership and key under the line's lock: nothing is read before.
 */
export const createSend =
  ({ messages }: Database, announce: Announce): Send =>
  async (author, { conversationId, content, clientKey }) => {
    const sent = await messages.send({ conversationId, userId: author.id, clientKey, content })
    if (sent.outcome === 'refused') throw new Refusal('notFound')
    if (sent.outcome === 'archived') throw new Refusal('archived')
    if (sent.outcome === 'conflict') throw keyConflict()
    const conversation = { id: conversationId, name: sent.conversation.name }
    if (sent.outcome === 'known') return { message: (await messages.find(sent.id))!, conversation }
    const createdAt = sent.createdAt.toISOString()
    const message: Message = {
      id: sent.id,
      conversationId,
      seq: sent.seq,
      ordinal: sent.ordinal,
      version: sent.seq,
      user: author,
      clientKey,
      type: 'text',
      content,
      meta: null,
      replyTo: null,
      createdAt,
      editedAt: null,
      deletedAt: null,
    }
    const change = {
      type: 'message.created',
      seq: sent.seq,
      at: createdAt,
      actor: author,
      message,
    } as const
    announce.change(conversationId, change, sent.epoch)
    if (sent.conversation.kind === 'public')
      announce.publicMessage(change, conversation.name, sent.epoch)
    return { message, conversation }
  }

type MessageHandlers = Pick<
  Handlers,
  'messages.send' | 'messages.list' | 'messages.edit' | 'messages.delete'
>

export const messageHandlers = (db: Database, announce: Announce, send: Send): MessageHandlers => ({
  'messages.send': async ({ user }, draft) => ({ message: (await send(user, draft)).message }),

  'messages.list': async ({ user }, { conversationId, before, after, limit }) => {
    await accessTo(db.conversations, user.id, conversationId)
    const page = await db.messages.page(conversationId, { before, after, limit })
    return { messages: page.messages, more: page.more, lastSeq: page.lastSeq ?? 0 }
  },

  'messages.edit': async ({ user }, { id, content, clientKey }) => {
    const { message, access } = await messageFor(db, user.id, id)
    if (!mayEdit(access, message, user)) throw new Refusal('permissionDenied')
    const outcome = await db.messages.edit(id, user.id, clientKey, content)
    return { message: await changed(db, announce, user, message, 'message.edited', outcome) }
  },

  'messages.delete': async ({ user }, { id }) => {
    const { message, access } = await messageFor(db, user.id, id)
    if (!mayDelete(access, message, user)) throw new Refusal('permissionDenied')
    const outcome = await db.messages.delete(id, user.id)
    return { message: await changed(db, announce, user, message, 'message.deleted', outcome) }
  },
})

async function changed(
  db: Database,
  announce: Announce,
  actor: User,
  { id, conversationId }: Message,
  type: 'message.edited' | 'message.deleted',
  { outcome, epoch, seq, at }: ChangeOutcome,
): Promise<Message> {
  if (outcome === 'refused') throw new Refusal('notFound')
  if (outcome === 'archived') throw new Refusal('archived')
  if (outcome === 'conflict') throw keyConflict()
  const message = (await db.messages.find(id))!
  if (outcome === 'stored')
    announce.change(conversationId, { type, seq, at: at.toISOString(), actor, message }, epoch)
  return message
}

const keyConflict = () =>
  new Refusal('conflict', {
    field: 'clientKey',
    message: 'clientKey: was used for something else',
  })
