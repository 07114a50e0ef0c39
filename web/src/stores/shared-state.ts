import type { Change } from '@parley/protocol/changes'
import type { ConversationId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { ConversationNotice, UserNotice } from '@parley/protocol/state'
import type { Connection, Subscribed } from '../realtime/connection.ts'
import { useConversations } from './conversations.ts'
import { createDeliveryReports } from './delivery-reports.ts'
import { useMembers } from './members.ts'
import { usePositions } from './positions.ts'
import { usePresence } from './presence.ts'
import { useSession } from './session.ts'
import { useTyping } from './typing.ts'

/** What members of a conversation know of each other besides its changes, as the server tells it. */
export function followSharedState(connection: Connection) {
  const session = useSession()
  const conversations = useConversations()
  const members = useMembers()
  const positions = usePositions()
  const presence = usePresence()
  const typing = useTyping()

  const deliveries = createDeliveryReports({
    report: (reached) => connection.call('conversations.delivered', { positions: reached }),
    known(id) {
      const own = session.me && positions.of(id)?.get(session.me)
      return (own || undefined)?.lastDeliveredSeq ?? conversations.find(id)?.lastReadSeq ?? 0
    },
  })

  /** Of a large conversation nobody sees it. */
  function delivered(id: ConversationId, seq = 0): void {
    const size = conversations.find(id)?.memberCount ?? 0
    if (size <= limits.smallConversationMembers) deliveries.note(id, seq)
  }

  return {
    connected: presence.restart,
    disconnected: typing.clear,

    subscribed({ id, recovered, conversation, shared }: Subscribed): void {
      if (recovered) return
      deliveries.drop(id)
      members.missed(id)
      if (!shared) return
      positions.replace(id, shared.reads)
      presence.replace(id, shared.online)
      delivered(id, conversation?.lastSeq)
    },

    unsubscribed(id: ConversationId): void {
      deliveries.drop(id)
      for (const store of [members, positions, presence]) store.drop(id)
    },

    changed(id: ConversationId, change: Change): void {
      members.apply(id, change)
      positions.apply(id, change)
      typing.apply(id, change)
      delivered(id, change.seq)
    },

    stated(id: ConversationId, notice: ConversationNotice): void {
      switch (notice.type) {
        case 'state':
          positions.replace(id, notice.reads)
          presence.replace(id, notice.online)
          break
        case 'reads':
          positions.move(id, notice.reads, notice.hidden)
          break
        case 'typing':
          typing.saw(id, notice.user)
          break
        case 'presence':
          presence.apply(notice.users)
      }
    },

    noticed(notice: UserNotice): void {
      if (notice.type === 'presence') presence.apply(notice.users)
    },
  }
}
