import type { ConversationId, UserId } from './ids.ts'

/** Every new message of every public conversation, in Tutorial A's shape. */
export const chatChannel = 'chat'

export type ChannelAddress =
  | { kind: 'conversation'; id: ConversationId }
  | { kind: 'user'; id: UserId }
  | { kind: 'chat' }

export const conversationChannel = (id: ConversationId): string => `conversation:${id}`
export const userChannel = (id: UserId): string => `user:${id}`

const numbered = /^(conversation|user):([1-9][0-9]{0,15})$/

/** What a channel name addresses, or undefined for a name nobody gave out. */
export function parseChannel(name: string): ChannelAddress | undefined {
  if (name === chatChannel) return { kind: 'chat' }
  const match = numbered.exec(name)
  if (!match) return undefined
  const id = Number(match[2])
  if (!Number.isSafeInteger(id)) return undefined
  return { kind: match[1] as 'conversation' | 'user', id }
}
