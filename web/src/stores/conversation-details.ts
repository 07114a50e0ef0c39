import type { Conversation } from '@parley/protocol/resources'

/** What every message in a conversation changes. */
const activity = new Set([
  'lastSeq',
  'lastOrdinal',
  'lastReadSeq',
  'lastReadOrdinal',
  'unread',
  'mentions',
  'rev',
  'lastMessage',
] as const)

type Activity = typeof activity extends Set<infer Key> ? Key : never

/** What a conversation is, whatever is said in it. */
export type ConversationDetails = Omit<Conversation, Activity>

/** The object from `before` where only its messages went on: what shows it is not drawn again. */
export function detailsOf(
  conversation: Conversation,
  before: ConversationDetails | undefined,
): ConversationDetails {
  const details = Object.entries(conversation).filter(([key]) => !activity.has(key as Activity))
  const known = new Map<string, unknown>(Object.entries(before ?? {}))
  const same = before && details.every(([key, value]) => known.get(key) === value)
  return same ? before : (Object.fromEntries(details) as ConversationDetails)
}
