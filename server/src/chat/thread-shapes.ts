import type { Message } from '@parley/protocol/resources'
import type { PublicMessage } from '../database/public-messages.ts'

/** Tutorial A's names for things, on its own wire only. */
export const threadMessage = ({ id, user, content }: Pick<Message, 'id' | 'user' | 'content'>) => ({
  id,
  user,
  text: content,
})

/** What travels on `chat`, as JSON text. */
export const threadPublication = (message: PublicMessage): string =>
  JSON.stringify({
    type: 'message',
    message: threadMessage({
      id: message.id,
      user: { id: message.userId, username: message.username },
      content: message.content,
    }),
    thread: { id: message.conversationId, name: message.conversationName },
  })
