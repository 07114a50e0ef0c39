import type { ConversationId } from '@parley/protocol/ids'
import type { RouteLocationRaw } from 'vue-router'

/** Where a conversation is shown. */
export const toConversation = (id: ConversationId): RouteLocationRaw => ({
  name: 'conversation',
  params: { id },
})
