import type { UserId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import { words } from '../../i18n/words.ts'
import { plainText } from '../../markdown/plain-text.ts'
import { partnerOf } from './conversation-title.ts'

/** The line under a conversation's name. */
export function previewOf(conversation: Conversation, me: UserId | undefined): string {
  const last = conversation.lastMessage
  if (!last) return words.conversations.noMessages
  if (last.deletedAt) return words.messages.deleted
  const text = plainText(last.content)
  if (last.user.id === me) return words.conversations.preview(words.conversations.you, text)
  // Between two people it is clear who wrote.
  if (partnerOf(conversation)) return text
  return words.conversations.preview(last.user.username, text)
}
