import type { ConversationId, Seq } from '@parley/protocol/ids'
import { type Ref, watch } from 'vue'
import { useAnnouncer } from '../../stores/announcer.ts'
import { useConversations } from '../../stores/conversations.ts'
import { useSession } from '../../stores/session.ts'
import { isLoaded, type Timeline } from '../../stores/timeline.ts'

/** Tells what others write in the open conversation; not what was there when it was opened. */
export function useMessageAnnouncements(
  id: ConversationId,
  timeline: Ref<Timeline>,
  shown: () => boolean,
): void {
  const announcer = useAnnouncer()
  const session = useSession()
  const conversations = useConversations()
  let toldUpTo: Seq | undefined

  /** What a copy lacks was there too. */
  const end = () =>
    conversations.isCopied(id)
      ? undefined
      : Math.max(timeline.value.upTo, conversations.find(id)?.lastSeq ?? 0)

  watch(
    [timeline, shown, () => conversations.isCopied(id)],
    () => {
      const from = toldUpTo ?? end()
      toldUpTo = undefined
      if (!shown() || !isLoaded(timeline.value) || from === undefined) return
      const { known, upTo } = timeline.value
      for (const { id, user, content, deletedAt } of between(timeline.value, from)) {
        if (deletedAt || user.id === session.me) continue
        announcer.message({ id, author: user.username, text: content })
      }
      for (const { id, deletedAt } of known) if (deletedAt) announcer.forget(id)
      toldUpTo = Math.max(from, upTo)
    },
    { immediate: true },
  )
}

/** Not beyond a hole: the answer to what I wrote may be here before what others wrote first. */
const between = ({ known, upTo }: Timeline, after: Seq) =>
  known.slice(known.findLastIndex(({ seq }) => seq <= after) + 1).filter(({ seq }) => seq <= upTo)
