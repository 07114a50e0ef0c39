import type { Seq } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { type Ref, watch } from 'vue'
import { useAnnouncer } from '../../stores/announcer.ts'
import { useSession } from '../../stores/session.ts'

/** Tells what others write in the open conversation; not what was there when it was opened. */
export function useMessageAnnouncements(
  messages: Ref<readonly Message[]>,
  loaded: Ref<boolean>,
  shown: () => boolean,
): void {
  const announcer = useAnnouncer()
  const session = useSession()
  let toldUpTo: Seq | undefined

  watch(
    [messages, loaded, shown],
    () => {
      if (!shown()) {
        toldUpTo = undefined
        return
      }
      if (!loaded.value) return
      const newest = messages.value.at(-1)?.seq ?? 0
      for (const { id, user, content, deletedAt } of newerThan(messages.value, toldUpTo)) {
        if (deletedAt || user.id === session.me) continue
        announcer.message({ id, author: user.username, text: content })
      }
      for (const { id, deletedAt } of messages.value) if (deletedAt) announcer.forget(id)
      toldUpTo = Math.max(toldUpTo ?? 0, newest)
    },
    { immediate: true },
  )
}

function newerThan(messages: readonly Message[], upTo: Seq | undefined): readonly Message[] {
  if (upTo === undefined) return []
  const last = messages.findLastIndex(({ seq }) => seq <= upTo)
  return messages.slice(last + 1)
}
