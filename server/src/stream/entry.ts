import type { StreamedMessage } from '../database/stream-source.ts'

/** What `chat.messages` and `chat.messages:stream` carry: exactly these fields, in this order. */
export const entryOf = (message: StreamedMessage): string =>
  JSON.stringify({
    conversation_id: message.conversationId,
    id: message.id,
    user_id: message.userId,
    type: message.type,
    content: message.content,
    meta: message.meta,
    created_at: message.createdAt.toISOString(),
  })
