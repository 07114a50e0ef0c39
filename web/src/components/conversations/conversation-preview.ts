import type { UserId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'

/** The line under a conversation's name. */
export function previewOf(conversation: Conversation, me: UserId | undefined): string {
  const last = conversation.lastMessage
  if (!last) return 'No messages yet'
  if (last.deletedAt) return 'Message deleted'
  const author = last.user.id === me ? 'You' : last.user.username
  return `${author}: ${last.content.slice(0, 200).replace(/\s+/gu, ' ')}`
}
