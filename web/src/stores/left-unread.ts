import type { ConversationId, Seq } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'

/** Where I marked what I look at as unread, here or elsewhere: looking at its end is not reading it. */
export const useLeftUnread = defineStore('left-unread', () => {
  const places = shallowReactive(new Map<ConversationId, Seq>())
  return {
    at: (id: ConversationId): Seq | undefined => places.get(id),
    leave: (id: ConversationId, seq: Seq) => void places.set(id, seq),
    /** From now on looking at its end is reading it again. */
    readAgain: (id: ConversationId) => void places.delete(id),
  }
})
