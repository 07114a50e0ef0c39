import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { RouteLocationRaw } from 'vue-router'

/** Where a conversation is shown. */
export const toConversation = (id: ConversationId): RouteLocationRaw => ({
  name: 'conversation',
  params: { id },
})

/** The same, at one message. */
export const toMessage = (conversationId: ConversationId, id: MessageId): RouteLocationRaw => ({
  name: 'conversation',
  params: { id: conversationId, message: id },
})

/** For people to pass on. */
export const addressOf = (message: { conversationId: ConversationId; id: MessageId }): string =>
  `${location.origin}/c/${message.conversationId}/${message.id}`
