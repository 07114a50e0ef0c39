import type { Conversation, Person } from '@parley/protocol/resources'
import { searchKey } from '@parley/protocol/search-key'
import { titleOf } from '../conversations/conversation-title.ts'

const mostShown = 50

/** What one can go to: a conversation I am in, or a person. */
export interface Place {
  readonly id: string
  readonly title: string
  readonly unread: number
  readonly conversation?: Conversation
  readonly person?: Person
  /** The names as they are searched: made once, not with every key typed. */
  readonly keys: readonly string[]
}

export const conversationPlace = (conversation: Conversation): Place => {
  const title = titleOf(conversation)
  const { id, unread } = conversation
  return { id: `conversation-${id}`, title, unread, conversation, keys: [searchKey(title)] }
}

export const personPlace = (person: Person): Place => {
  const { id, username, fullName } = person
  const keys = [username, fullName].map(searchKey)
  return { id: `person-${id}`, title: fullName || username, unread: 0, person, keys }
}

/**
 * The best first: names that begin with the query, names with a word that does, names that contain
 * it; in the order given among equals. Without a query unread ones come first.
 */
export function rank(places: readonly Place[], query: string): Place[] {
  const wanted = searchKey(query)
  const groups: Place[][] = [[], [], []]
  for (const place of places) {
    const group = wanted === '' ? Number(place.unread === 0) : fitOf(place.keys, wanted)
    groups[group]?.push(place)
  }
  return groups.flat().slice(0, mostShown)
}

/** Of the name that fits best; Infinity where none does. */
const fitOf = (keys: readonly string[], wanted: string): number =>
  Math.min(...keys.map((key) => fit(key, wanted)))

function fit(key: string, wanted: string): number {
  if (key.startsWith(wanted)) return 0
  const at = key.indexOf(wanted)
  if (at < 0) return Infinity
  return beginsWord(key, wanted, at) ? 1 : 2
}

function beginsWord(key: string, wanted: string, from: number): boolean {
  for (let at = from; at >= 0; at = key.indexOf(wanted, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(key[at - 1] ?? '')) return true
  }
  return false
}
