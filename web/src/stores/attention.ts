import type { Conversation } from '@parley/protocol/resources'

/** How much a conversation asks for me: a muted one by what mentions me only. */
export const attentionOf = ({ unread, mentions, muted }: Conversation): number =>
  muted ? mentions : unread

/** What is said to me: what mentions me, and all of a direct conversation. */
export const addressedIn = (conversation: Conversation): number =>
  conversation.kind === 'direct' ? attentionOf(conversation) : conversation.mentions

/** As it stands on a badge. */
export const countLabel = (count: number): string => (count > 99 ? '99+' : String(count))
