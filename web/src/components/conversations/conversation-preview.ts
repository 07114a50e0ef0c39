import type { UserId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import { words } from '../../i18n/words.ts'
import { plainText } from '../../markdown/plain-text.ts'

/** The line under a conversation's name. */
export function previewOf(conversation: Conversation, me: UserId | undefined): string {
  const last = conversation.lastMessage
  if (!last) return words.conversations.noMessages
  if (last.deletedAt) return words.messages.deleted
  const author = last.user.id === me ? words.conversations.you : last.user.username
  return words.conversations.preview(author, plainText(last.content))
}
