import type { MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
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
      outgoing.messageId === undefined ? [] : [[outgoing.messageId, outgoing] as const],
    ),
  )

/** Shows them as if they were stored, except where the server refused. */
export function overlay(
  messages: readonly Message[],
  changes: ReadonlyMap<MessageId, Outgoing>,
): readonly Message[] {
  if (changes.size === 0) return messages
  return messages.map((message) => {
    const change = changes.get(message.id)
    return change && !change.refusal && !message.deletedAt ? changed(message, change) : message
  })
}

const changed = (message: Message, { kind, content, createdAt }: Outgoing): Message =>
  kind === 'edit'
    ? { ...message, content, editedAt: createdAt }
    : { ...message, content: '', deletedAt: createdAt }
