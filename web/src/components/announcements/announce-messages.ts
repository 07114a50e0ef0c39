import type { Seq } from '@parley/protocol/ids'
import { type Ref, watch } from 'vue'
import { useAnnouncer } from '../../stores/announcer.ts'
import { useSession } from '../../stores/session.ts'
import { isLoaded, type Timeline } from '../../stores/timeline.ts'

/** Tells what others write in the open conversation; not what was there when it was opened. */
export function useMessageAnnouncements(timeline: Ref<Timeline>, shown: () => boolean): void {
  const announcer = useAnnouncer()
  const session = useSession()
  let toldUpTo: Seq | undefined

  watch(
    [timeline, shown],
    () => {
      if (!shown()) {
        toldUpTo = undefined
        return
      }
      if (!isLoaded(timeline.value)) return
      const { known, upTo } = timeline.value
      for (const { id, user, content, deletedAt } of between(timeline.value, toldUpTo ?? upTo)) {
        if (deletedAt || user.id === session.me) continue
        announcer.message({ id, author: user.username, text: content })
      }
      for (const { id, deletedAt } of known) if (deletedAt) announcer.forget(id)
      toldUpTo = upTo
    },
    { immediate: true },
  )
}

/** Not beyond a hole: the answer to what I wrote may be here before what others wrote first. */
const between = ({ known, upTo }: Timeline, after: Seq) =>
  known.slice(known.findLastIndex(({ seq }) => seq <= after) + 1).filter(({ seq }) => seq <= upTo)
