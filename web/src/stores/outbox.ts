import type { ConversationId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { callErrorFrom } from '../realtime/call-error.ts'
import { createKeptSends } from './kept-sends.ts'

/** A message of mine that is not known to be stored yet. */
export interface Outgoing {
  /** Kept over every retry, so that the message is stored once however often it is sent. */
  readonly clientKey: string
  readonly conversationId: ConversationId
  readonly content: string
  readonly createdAt: string
  /** The refusal; undefined while it is on its way or waits for the connection. */
  readonly refusal: unknown
}

interface Needs {
  send(outgoing: Outgoing): Promise<Message>
  stored(message: Message): void
  /** Called with the whole queue of a conversation, in the order of writing. */
  changed(id: ConversationId, queue: readonly Outgoing[]): void
  sleep(ms: number): Promise<void>
  now?: () => number
}

export interface Outbox {
  add(outgoing: Outgoing): void
  retry(outgoing: Outgoing): void
  discard(outgoing: Outgoing): void
  /** The message turned up on the conversation's line. */
  settle(id: ConversationId, clientKey: string): void
  /** The conversation's numbers went back: what was stored lately may be gone there. */
  offerAgain(id: ConversationId): void
  /** The message was deleted: it is not offered again. */
  forget(clientKey: string): void
  resume(): void
  pause(): void
}

const firstPauseMs = 500
const longestPauseMs = 15_000

/**
 * Sends what was written, one message of a conversation at a time and in the order of writing, until
 * the server has stored or refused it.
 */
export function createOutbox({ send, stored, changed, sleep, now }: Needs): Outbox {
  const queues = new Map<ConversationId, readonly Outgoing[]>()
  const draining = new Set<ConversationId>()
  const kept = createKeptSends(now)
  let online = false

  const queueOf = (id: ConversationId) => queues.get(id) ?? []
  const waitingIn = (id: ConversationId) =>
    queueOf(id).find((outgoing) => outgoing.refusal === undefined)

  function replace(id: ConversationId, queue: readonly Outgoing[]): void {
    queues.set(id, queue)
    changed(id, queue)
  }

  function without(id: ConversationId, clientKey: string): readonly Outgoing[] {
    return queueOf(id).filter((outgoing) => outgoing.clientKey !== clientKey)
  }

  async function drain(id: ConversationId): Promise<void> {
    if (draining.has(id)) return
    draining.add(id)
    let pauseMs = firstPauseMs
    for (let next = waitingIn(id); online && next; next = waitingIn(id)) {
      if (await attempt(next)) {
        pauseMs = firstPauseMs
      } else if (online) {
        await sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    }
    draining.delete(id)
  }

  /** False when the same message has to be sent again. */
  async function attempt(outgoing: Outgoing): Promise<boolean> {
    const { conversationId, clientKey } = outgoing
    try {
      stored(await send(outgoing))
      kept.keep(outgoing)
      replace(conversationId, without(conversationId, clientKey))
      return true
    } catch (thrown) {
      const error = callErrorFrom(thrown)
      if (error.temporary) return false
      const refused = { ...outgoing, refusal: error }
      const queue = queueOf(conversationId)
      replace(
        conversationId,
        queue.map((other) => (other.clientKey === clientKey ? refused : other)),
      )
      return true
    }
  }

  return {
    add(outgoing) {
      const id = outgoing.conversationId
      replace(id, [...queueOf(id), outgoing])
      void drain(id)
    },
    retry(outgoing) {
      const id = outgoing.conversationId
      replace(id, [...without(id, outgoing.clientKey), { ...outgoing, refusal: undefined }])
      void drain(id)
    },
    discard: ({ conversationId, clientKey }) =>
      replace(conversationId, without(conversationId, clientKey)),
    settle(id, clientKey) {
      const outgoing = queueOf(id).find((each) => each.clientKey === clientKey)
      if (!outgoing) return
      kept.keep(outgoing)
      replace(id, without(id, clientKey))
    },
    offerAgain(id) {
      const queue = queueOf(id)
      const keys = new Set(queue.map(({ clientKey }) => clientKey))
      const again = kept.take(id).filter(({ clientKey }) => !keys.has(clientKey))
      if (again.length === 0) return
      replace(id, [...again, ...queue])
      void drain(id)
    },
    forget: kept.forget,
    resume() {
      online = true
      for (const id of queues.keys()) void drain(id)
    },
    pause() {
      online = false
    },
  }
}
