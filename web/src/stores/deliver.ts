import type { Message } from '@parley/protocol/resources'
import type { Outgoing } from '../local/queue.ts'
import type { Connection } from '../realtime/connection.ts'

/** Does on the server what was written; repeated with the same key it is done once. */
export const deliverOver =
  ({ call }: Connection) =>
  async (outgoing: Outgoing): Promise<Message> => {
    const { kind, clientKey, conversationId, messageId: id = 0, content, replyTo } = outgoing
    if (kind === 'delete') return (await call('messages.delete', { id })).message
    if (kind === 'edit') return (await call('messages.edit', { id, content, clientKey })).message
    const input = { conversationId, content, clientKey, ...(replyTo && { replyTo }) }
    return (await call('messages.send', input)).message
  }
