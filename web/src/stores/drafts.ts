import type { ConversationId } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { reactive } from 'vue'

/** What I have begun to write, per conversation, until it is sent. */
export const useDrafts = defineStore('drafts', () => {
  const texts = reactive(new Map<ConversationId, string>())
  return {
    get: (id: ConversationId): string => texts.get(id) ?? '',
    set: (id: ConversationId, text: string) => texts.set(id, text),
  }
})
