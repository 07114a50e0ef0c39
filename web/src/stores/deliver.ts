import type { Message } from '@parley/protocol/resources'
import type { Outgoing } from '../local/queue.ts'
import type { Connection } from '../realtime/connection.ts'

/** Does on the server what was written; repeated with the same key it is done once. */
export const deliverOver =
  ({ call }: Connection) =>
  async (outgoing: Outgoing): Promise<Message | undefined> => {
    const { kind, clientKey, conversationId, messageId: id = 0, content, replyTo } = outgoing
    switch (kind) {
      case 'send': {
        const input = { conversationId, content, clientKey, ...(replyTo && { replyTo }) }
        return (await call('messages.send', input)).message
      }
      case 'edit':
        return (await call('messages.edit', { id, content, clientKey })).message
      case 'delete':
        return (await call('messages.delete', { id })).message
      case 'react':
      case 'unreact': {
        const input = { id, emoji: content, added: kind === 'react' }
        return (await call('messages.react', input)).message
      }
      case 'pin':
      case 'unpin':
        return (await call('messages.pin', { id, pinned: kind === 'pin' })).message
      case 'save':
      case 'unsave':
        await call('messages.save', { id, saved: kind === 'save' })
        return undefined
      case 'unread':
        await call('conversations.markUnread', { id: conversationId, seq: Number(content) })
        return undefined
    }
  }
