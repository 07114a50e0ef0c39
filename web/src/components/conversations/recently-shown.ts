import type { ConversationId } from '@parley/protocol/ids'
import { computed, type Ref, ref, watch } from 'vue'
import { type ConversationDetails, detailsOf } from '../../stores/conversation-details.ts'
import { useConversations } from '../../stores/conversations.ts'

const keptMax = 5

/**
 * The conversations that were shown last, the one that is shown now among them: their timelines
 * stay drawn, so that coming back is a matter of milliseconds.
 */
export function useRecentlyShown(
  id: () => ConversationId,
): Readonly<Ref<readonly ConversationDetails[]>> {
  const conversations = useConversations()
  const latest = ref<readonly ConversationId[]>([])
  watch(
    id,
    (now) => (latest.value = [now, ...latest.value.filter((one) => one !== now)].slice(0, keptMax)),
    { immediate: true },
  )
  return computed((before: readonly ConversationDetails[] = []) => {
    const now = latest.value.flatMap((one) => {
      const conversation = conversations.find(one)
      if (!conversation) return []
      return detailsOf(
        conversation,
        before.find((known) => known.id === one),
      )
    })
    // Always in the same order: an element that is moved is laid out anew and forgets its scrolling.
    const ordered = now.toSorted((a, b) => a.id - b.id)
    const isSame =
      ordered.length === before.length && ordered.every((one, index) => one === before[index])
    return isSame ? before : ordered
  })
}
