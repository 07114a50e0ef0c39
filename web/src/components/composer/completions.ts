import type { Member, Person, User } from '@parley/protocol/resources'
import { searchKey } from '@parley/protocol/search-key'
import type { ConversationDetails } from '../../stores/conversation-details.ts'

/** Something that may be put in place of what is being typed. */
export interface Completion {
  readonly key: string
  readonly insert: string
  readonly label: string
  readonly detail: string
  readonly user?: User
  readonly char?: string
}

export const mostCompletions = 8

interface People {
  conversation: ConversationDetails
  members: readonly Member[]
  /** Found by the server, by their full names too. */
  others: readonly Person[]
  query: string
  words: { everybody: string; notMember: string }
}

/** Members first, those whose name begins so before the others; then everybody who is here. */
export function personCompletions({ conversation, members, others, query, words }: People) {
  const key = searchKey(query)
  const fullNames = new Map(others.map(({ id, fullName }) => [id, fullName]))
  const ids = new Set(members.map(({ user }) => user.id))
  const complete = members.length >= conversation.memberCount
  const inside = members
    .map(({ user }) => ({ user, place: placeOf(user, fullNames.has(user.id), key) }))
    .filter(({ place }) => place < none)
    .toSorted((a, b) => a.place - b.place || a.user.username.localeCompare(b.user.username))
    .map(({ user }) => completionOf(user, fullNames.get(user.id) ?? ''))
  const outside = others
    .filter(({ id }) => !ids.has(id))
    .map(({ id, username, fullName }) =>
      completionOf(
        { id, username },
        [fullName, complete && words.notMember].filter(Boolean).join(' · '),
      ),
    )
  const hasAll = conversation.kind !== 'direct' && key !== '' && 'all'.startsWith(key)
  const all = { key: 'all', insert: '@all', label: '@all', detail: words.everybody }
  return [...(hasAll ? [all] : []), ...inside, ...outside].slice(0, mostCompletions)
}

const none = 3

function placeOf({ username }: User, found: boolean, key: string): number {
  const name = searchKey(username)
  if (name.startsWith(key)) return 0
  if (name.includes(key)) return 1
  return found ? 2 : none
}

const completionOf = (user: User, detail: string): Completion => ({
  ...{ key: String(user.id), insert: `@${user.username}`, label: user.username, detail, user },
})
