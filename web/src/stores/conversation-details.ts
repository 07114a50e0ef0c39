import type { Conversation } from '@parley/protocol/resources'

/** What every message in a conversation changes. */
const activity = [
  'lastSeq',
  'lastOrdinal',
  'lastReadSeq',
  'lastReadOrdinal',
  'unread',
  'mentions',
  'rev',
  'lastMessage',
] as const

/** What a conversation is, whatever is said in it. */
export type ConversationDetails = Omit<Conversation, (typeof activity)[number]>

/** The object from `before` where only its messages went on: what shows it is not drawn again. */
export function detailsOf(
  conversation: Conversation,
  before: ConversationDetails | undefined,
): ConversationDetails {
  const details: Partial<Conversation> & ConversationDetails = { ...conversation }
  for (const key of activity) delete details[key]
  return JSON.stringify(details) === JSON.stringify(before) ? before! : details
}
