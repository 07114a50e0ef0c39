import type { UserId } from '@parley/protocol/ids'
import type { Conversation, Message } from '@parley/protocol/resources'

interface Situation {
  message: Message
  conversation: Conversation
  me: UserId | undefined
  doNotDisturbUntil: string | null
  /** I look at this conversation, in this tab. */
  looking: boolean
  /** As the server counts. */
  now: number
}

/** What happened while the page was away is not news any more. */
const freshMs = 2 * 60_000

/** Whether a message that has just arrived may call for me. */
export function isWorthCalling(situation: Situation): boolean {
  const { message, conversation, me, doNotDisturbUntil, looking, now } = situation
  if (me === undefined || message.user.id === me || message.deletedAt) return false
  if (looking || message.seq <= conversation.lastReadSeq) return false
  if (now - Date.parse(message.createdAt) > freshMs) return false
  if (doNotDisturbUntil && Date.parse(doNotDisturbUntil) > now) return false
  if (conversation.muted || conversation.notify === 'none') return false
  return conversation.notify === 'all' || message.mentionsAll || message.mentions.includes(me)
}
