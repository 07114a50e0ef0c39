import type { MessageId } from '@parley/protocol/ids'
import { watch } from 'vue'
import type { Connection } from '../realtime/connection.ts'
import { useSaved } from './saved.ts'
import { useSession } from './session.ts'

/** Somebody who keeps more has the page of saved messages to find the older ones. */
const pagesMax = 4

/** Marks the messages that I keep, as the server says on each connection. */
export function followSaved(connection: Connection): void {
  const saved = useSaved()
  const session = useSession()

  async function mark(): Promise<void> {
    const asked = saved.ask()
    const ids = new Set<MessageId>()
    let before: string | undefined
    let more = true
    for (let page = 0; more && page < pagesMax; page++) {
      const answer = await connection.call('messages.saved', { before })
      for (const { message } of answer.saved) ids.add(message.id)
      before = answer.saved.at(-1)?.savedAt
      more = answer.more
    }
    saved.answer({ ids, asked, isAll: !more })
  }

  watch(
    () => session.online,
    (online) => {
      if (online) mark().catch(() => {})
    },
    { immediate: true },
  )
}
