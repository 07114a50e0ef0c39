import { searchKey } from '@parley/protocol/search-key'
import type { Conversation } from '@parley/protocol/resources'
import { titleOf } from '../conversations/conversation-title.ts'

const mostShown = 50

/** What can be gone to: its search key is made once, not with every key typed. */
export interface Place {
  readonly conversation: Conversation
  readonly key: string
}

export const placesOf = (conversations: readonly Conversation[]): Place[] =>
  conversations.map((conversation) => ({ conversation, key: searchKey(titleOf(conversation)) }))

/**
 * The best first: names that begin with the query, names with a word that does, names that contain
 * it; in the order given among equals. Without a query unread ones come first.
 */
export function rank(places: readonly Place[], query: string): Conversation[] {
  const wanted = searchKey(query)
  const weigh = wanted === '' ? byUnread : ({ key }: Place) => fit(key, wanted)
  const groups: Place[][] = [[], [], []]
  for (const place of places) groups[weigh(place)]?.push(place)
  return groups
    .flat()
    .slice(0, mostShown)
    .map(({ conversation }) => conversation)
}

const byUnread = ({ conversation }: Place): number => (conversation.unread > 0 ? 0 : 1)

function fit(key: string, wanted: string): number {
  if (key.startsWith(wanted)) return 0
  const at = key.indexOf(wanted)
  if (at < 0) return -1
  return beginsWord(key, wanted, at) ? 1 : 2
}

function beginsWord(key: string, wanted: string, from: number): boolean {
  for (let at = from; at >= 0; at = key.indexOf(wanted, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(key[at - 1] ?? '')) return true
  }
  return false
}
