import type { MessageId } from '@parley/protocol/ids'
import type { Message, Reaction, User } from '@parley/protocol/resources'
import type { Outgoing } from '../local/queue.ts'

/** As shown: `keeping` until it is known to survive a crash. */
export interface Shown extends Outgoing {
  readonly keeping?: true
}

/** What waits or was refused, in the order of writing. */
export function shownOf(kept: readonly Outgoing[], adding: readonly Outgoing[]): readonly Shown[] {
  const waiting = kept.filter(({ stored }) => !stored)
  const keys = new Set(kept.map(({ clientKey }) => clientKey))
  const news = adding.filter(({ clientKey }) => !keys.has(clientKey))
  return [...waiting, ...news.map(keeping)]
}

const keeping = (outgoing: Outgoing): Shown => ({ ...outgoing, keeping: true })

/** My edits and deletions of stored messages that are not stored yet, by message; the last one counts. */
export const changesIn = (queue: readonly Shown[]): ReadonlyMap<MessageId, Shown> =>
  new Map(
    queue.flatMap((outgoing) =>
      outgoing.messageId === undefined || isMark(outgoing)
        ? []
        : [[outgoing.messageId, outgoing] as const],
    ),
  )

/** It holds no words of mine. */
export const isMark = ({ kind }: Outgoing): boolean =>
  kind !== 'send' && kind !== 'edit' && kind !== 'delete'

/** Shows what I did as if it were stored, except where the server refused. */
export function overlay(
  messages: readonly Message[],
  queue: readonly Outgoing[],
  me: User | undefined,
): readonly Message[] {
  const waiting = queue.filter(({ messageId, refusal }) => messageId !== undefined && !refusal)
  if (waiting.length === 0 || !me) return messages
  return messages.map((message) =>
    waiting
      .filter(({ messageId }) => messageId === message.id)
      .reduce((shown, outgoing) => changed(shown, outgoing, me), message),
  )
}

function changed(message: Message, outgoing: Outgoing, me: User): Message {
  const { kind, content, createdAt } = outgoing
  if (message.deletedAt) return message
  switch (kind) {
    case 'send':
    case 'save':
    case 'unsave':
    case 'unread':
      return message
    case 'edit':
      return { ...message, content, editedAt: createdAt }
    case 'delete':
      return { ...message, content: '', deletedAt: createdAt }
    case 'react':
    case 'unreact':
      return { ...message, reactions: reacted(message.reactions, outgoing, me) }
    case 'pin':
      return { ...message, pinnedAt: message.pinnedAt ?? createdAt }
    case 'unpin':
      return { ...message, pinnedAt: null }
  }
}

function reacted(reactions: readonly Reaction[], { kind, content: emoji }: Outgoing, me: User) {
  const users = reactions.find((each) => each.emoji === emoji)?.users ?? []
  const isThere = users.some(({ id }) => id === me.id)
  if (isThere === (kind === 'react')) return [...reactions]
  const now = { emoji, users: isThere ? users.filter(({ id }) => id !== me.id) : [...users, me] }
  if (users.length === 0) return [...reactions, now]
  return reactions
    .map((each) => (each.emoji === emoji ? now : each))
    .filter((each) => each.users.length > 0)
}
