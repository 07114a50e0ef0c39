import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { reactive, shallowReactive } from 'vue'

/** What I have begun to write and not sent yet: per conversation, and per message that I edit. */
export const useDrafts = defineStore('drafts', () => {
  const texts = reactive(new Map<ConversationId, string>())
  const replies = shallowReactive(new Map<ConversationId, Message>())
  const edits = new Map<MessageId, string | undefined>()

  /** From now on what I write in that conversation answers this message; undefined: answers none. */
  function reply(id: ConversationId, message: Message | undefined): void {
    if (message) replies.set(id, message)
    else replies.delete(id)
  }

  return {
    get: (id: ConversationId): string => texts.get(id) ?? '',
    set: (id: ConversationId, text: string) => texts.set(id, text),
    replyingTo: (id: ConversationId): Message | undefined => replies.get(id),
    reply,
    edit: (id: MessageId): string | undefined => edits.get(id),
    keepEdit: (id: MessageId, text: string | undefined) => edits.set(id, text),
  }
})
