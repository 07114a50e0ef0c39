import type { ConversationId, Seq } from '@parley/protocol/ids'
import { ref, watch } from 'vue'
import { useConversations } from '../../stores/conversations.ts'
import { useLeftUnread } from '../../stores/left-unread.ts'

/** Where the line "new messages" stands: at what was unread when somebody came, until they go. */
export function useUnreadLine(id: ConversationId) {
  const conversations = useConversations()
  const leftUnread = useLeftUnread()
  const readUpTo = ref<Seq>()
  const unread = ref(0)
  /** The first unread one was in sight. */
  const isSeen = ref(false)
  watch(
    () => leftUnread.at(id),
    (seq) => seq !== undefined && (readUpTo.value = seq - 1),
  )

  function draw(): void {
    const { unread: count = 0, lastReadSeq } = conversations.find(id) ?? {}
    unread.value = count
    readUpTo.value = count > 0 ? lastReadSeq : undefined
    isSeen.value = false
  }

  watch(
    () => conversations.isCopied(id),
    (is) => !is && leftUnread.at(id) === undefined && draw(),
  )

  return { readUpTo, unread, isSeen, draw }
}
