import type { ConversationId, Seq } from '@parley/protocol/ids'
import { onScopeDispose, ref, type Ref, watch } from 'vue'
import { useConversations } from '../../stores/conversations.ts'
import { useLeftUnread } from '../../stores/left-unread.ts'
import { useMessages } from '../../stores/messages.ts'
import { useSession } from '../../stores/session.ts'
import { isLoaded } from '../../stores/timeline.ts'

const pauseMs = 400
const retryMs = 5_000

/** Moves my read position while the end of the conversation is in sight, at most once per pause. */
export function useReading(id: ConversationId, atEnd: Ref<boolean>, shown: () => boolean) {
  const leftUnread = useLeftUnread()
  const session = useSession()
  const conversations = useConversations()
  const messages = useMessages()
  const visible = useVisibility()
  let pausing = false
  let stopped = false
  let markedAt: Seq | undefined

  const upTo = () => messages.timeline(id).upTo
  const isSeen = () =>
    session.online &&
    visible.value &&
    atEnd.value &&
    isLoaded(messages.timeline(id)) &&
    leftUnread.at(id) === undefined
  const isNew = () => (conversations.find(id)?.unread ?? 0) > 0 && upTo() !== markedAt

  async function mark(): Promise<void> {
    if (pausing || stopped || !shown() || !isSeen() || !isNew()) return
    pausing = true
    const seq = upTo()
    const done = await conversations.markRead(id, seq).then(
      () => true,
      () => false,
    )
    if (done) markedAt = seq
    await sleep(done ? pauseMs : retryMs)
    pausing = false
    void mark()
  }

  watch([shown, isSeen, isNew], mark, { immediate: true })
  onScopeDispose(() => (stopped = true))

  return {
    /** Looking at its end is reading it, also where it was left unread. */
    again: () => leftUnread.readAgain(id),

    /** Call it when the conversation is left: what was seen is read, without waiting for a pause. */
    depart(): void {
      if (isSeen() && isNew()) conversations.markRead(id, upTo()).catch(() => {})
    },
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function useVisibility(): Ref<boolean> {
  const visible = ref(document.visibilityState === 'visible')
  const update = () => (visible.value = document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', update)
  onScopeDispose(() => document.removeEventListener('visibilitychange', update))
  return visible
}
