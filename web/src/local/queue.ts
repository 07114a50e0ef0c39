import type { ConversationId, MessageId } from '@parley/protocol/ids'

/** What I put on a message, or take from it; `unread`: my position is before it. */
export type Mark = 'react' | 'unreact' | 'pin' | 'unpin' | 'save' | 'unsave' | 'unread'

/** Something I did that is not known to be stored yet, or was stored only lately. */
export interface Outgoing {
  readonly kind: 'send' | 'edit' | 'delete' | Mark
  /** Kept over every attempt, so that it is done once however often it is sent. */
  readonly clientKey: string
  readonly conversationId: ConversationId
  /** What is edited, deleted or marked. */
  readonly messageId?: MessageId | undefined
  /** The text, the emoji of a reaction, or the `seq` of what is marked as unread. */
  readonly content: string
  readonly replyTo?: MessageId | undefined
  readonly createdAt: string
  /** Why the server refused it; undefined while it is on its way or waits for the connection. */
  readonly refusal: { readonly code: number; readonly message: string } | undefined
  /** Stored then, while the conversation had that epoch; kept to be offered again. */
  readonly stored?: { readonly atMs: number; readonly epoch: string } | undefined
}

/** Where it stands: at its old place, or behind all others. */
export type Place = 'same' | 'end'

export type Change = (known: Outgoing) => Outgoing | undefined

/** What waits to be sent, in the order of writing. All tabs of a person share it. */
export interface Queue {
  all(): Promise<readonly Outgoing[]>
  of(id: ConversationId): Promise<readonly Outgoing[]>
  /** Resolves once it survives a crash, and with it the end of the draft it was. */
  add(outgoing: Outgoing, draft?: string): Promise<void>
  /** In one step, whatever other tabs do; `undefined` takes it away. Absent: nothing happens. */
  change(clientKey: string, change: Change, place?: Place): Promise<void>
}

/** `all`, as `Queue.change` leaves it. */
export function changedIn(
  all: readonly Outgoing[],
  clientKey: string,
  change: Change,
  place: Place = 'same',
): readonly Outgoing[] {
  const at = all.findIndex((outgoing) => outgoing.clientKey === clientKey)
  if (at < 0) return all
  const next = change(all[at]!)
  if (place === 'same' && next) return all.with(at, next)
  return [...all.toSpliced(at, 1), ...(next ? [next] : [])]
}

/** Lives as long as the page. */
export function memoryQueue(): Queue & { isEmpty(): boolean } {
  let all: readonly Outgoing[] = []
  return {
    isEmpty: () => all.length === 0,
    all: async () => all,
    of: async (id) => all.filter(({ conversationId }) => conversationId === id),
    async add(outgoing) {
      all = [...all, outgoing]
    },
    async change(clientKey, change, place) {
      all = changedIn(all, clientKey, change, place)
    },
  }
}
