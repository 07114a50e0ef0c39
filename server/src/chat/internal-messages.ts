import { randomUUID } from 'node:crypto'
import type { ConversationId, MessageId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Database } from '../database/database.ts'
import type { Send } from './messages.ts'
import { mayPost } from './policies.ts'

export interface InternalMessage {
  conversationId: ConversationId
  senderId: UserId
  content: string
  clientKey?: string | undefined
}

/** Contract B1: a trusted program writes in somebody's name; that person's rights still decide. */
export const createInternalSend =
  ({ conversations, users }: Database, send: Send) =>
  async (message: InternalMessage): Promise<{ id: MessageId }> => {
    const { conversationId, senderId, content, clientKey = randomUUID() } = message
    const [sender, access] = await Promise.all([
      users.find(senderId),
      conversations.access(senderId, [conversationId]),
    ])
    const standing = access.get(conversationId)
    if (!standing) throw new Refusal('notFound', { field: 'conversation_id' })
    if (!sender || sender.disabled || !mayPost(standing))
      throw new Refusal('notFound', { field: 'sender_id' })
    const author = { id: sender.id, username: sender.username }
    const sent = await send(author, { conversationId, content, clientKey })
    return { id: sent.message.id }
  }
