import type { ConversationId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import { inject } from 'vue'
import { connectionKey } from '../../realtime/connection.ts'
import type { ConversationDetails } from '../../stores/conversation-details.ts'
import { useSession } from '../../stores/session.ts'

const everyMs = 3_000

/** Tells the others that I am writing; call it at every change that I make. */
export function useTypingNotice() {
  const connection = inject(connectionKey)!
  const session = useSession()
  let toldAt = -Infinity
  let toldIn: ConversationId | undefined

  return {
    typed({ id, memberCount }: ConversationDetails): void {
      const heard = memberCount > 1 && memberCount <= limits.smallConversationMembers
      const told = toldIn === id && performance.now() - toldAt < everyMs
      if (!heard || !session.online || told) return
      toldAt = performance.now()
      toldIn = id
      connection.call('conversations.typing', { id }).catch(() => {})
    },
    /** It was sent: the next change is a new beginning. */
    sent(): void {
      toldAt = -Infinity
    },
  }
}
