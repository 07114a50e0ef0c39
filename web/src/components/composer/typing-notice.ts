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

  return {
    typed({ id, memberCount }: ConversationDetails): void {
      const heard = memberCount > 1 && memberCount <= limits.smallConversationMembers
      if (!heard || !session.online || performance.now() - toldAt < everyMs) return
      toldAt = performance.now()
      connection.call('conversations.typing', { id }).catch(() => {})
    },
    /** It was sent: the next change is a new beginning. */
    sent(): void {
      toldAt = -Infinity
    },
  }
}
