import type { User } from '@parley/protocol/resources'
import type { ConversationDetails } from '../../stores/conversation-details.ts'

/** What a conversation is called to me: a direct one after the others in it. */
export const titleOf = ({ kind, name, people }: ConversationDetails): string =>
  kind === 'direct' && people.length > 0 ? people.map(({ username }) => username).join(', ') : name

/** The only other person in it. */
export const partnerOf = ({ kind, people }: ConversationDetails): User | undefined =>
  kind === 'direct' && people.length === 1 ? people[0] : undefined
