import type { ConversationId, MessageId } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { reactive } from 'vue'

/** What I have begun to write and not sent yet: per conversation, and per message that I edit. */
export const useDrafts = defineStore('drafts', () => {
  const texts = reactive(new Map<ConversationId, string>())
  const edits = new Map<MessageId, string | undefined>()
  return {
    get: (id: ConversationId): string => texts.get(id) ?? '',
    set: (id: ConversationId, text: string) => texts.set(id, text),
    edit: (id: MessageId): string | undefined => edits.get(id),
    keepEdit: (id: MessageId, text: string | undefined) => edits.set(id, text),
  }
})
