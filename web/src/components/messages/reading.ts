import type { ConversationId } from '@parley/protocol/ids'
import { onScopeDispose, ref, type Ref, watch } from 'vue'
import { useConversations } from '../../stores/conversations.ts'
import { useMessages } from '../../stores/messages.ts'
import { useSession } from '../../stores/session.ts'
import { isLoaded } from '../../stores/timeline.ts'

const gatherMs = 300
const retryMs = 5_000

/** Moves my read position while the end of the conversation is in sight. */
export function useReading(id: ConversationId, atEnd: Ref<boolean>): void {
  const session = useSession()
  const conversations = useConversations()
  const messages = useMessages()
  const visible = useVisibility()
  const failed = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined

  const isUnread = () => (conversations.find(id)?.unread ?? 0) > 0
  const isSeen = () =>
    session.online && visible.value && atEnd.value && isLoaded(messages.timeline(id))

  watch(
    [isSeen, () => conversations.find(id)?.unread, failed],
    () => {
      if (timer === undefined && isSeen() && isUnread()) timer = setTimeout(mark, gatherMs)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))

  async function mark(): Promise<void> {
    try {
      if (isSeen()) await conversations.markRead(id, messages.timeline(id).upTo)
      timer = undefined
    } catch {
      timer = setTimeout(() => {
        timer = undefined
        failed.value++
      }, retryMs)
    }
  }
}

function useVisibility(): Ref<boolean> {
  const visible = ref(document.visibilityState === 'visible')
  const update = () => (visible.value = document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', update)
  onScopeDispose(() => document.removeEventListener('visibilitychange', update))
  return visible
}
