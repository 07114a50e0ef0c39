import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationId } from '@parley/protocol/ids'
import { callOf, noteAnswer, type Action, type Sent } from './action.ts'
import type { Device } from './device.ts'
import type { Answer, Server } from './server.ts'

export interface Tally {
  /** Messages, edits and deletions handed to a client. */
  asked: number
  answered: number
  /** Calls made again because no answer came, or one that says "later". */
  retries: number
  /** Answers that say "never", by their name. */
  refused: Map<string, number>
  slowestAnswerMs: number
}

export const newTally = (): Tally => ({
  asked: 0,
  answered: 0,
  retries: 0,
  refused: new Map(),
  slowestAnswerMs: 0,
})

const firstPauseMs = 50
const longestPauseMs = 500

/**
 * Somebody who writes: one thing after the other in each conversation, each with its key until there
 * is an answer, as a client's outbox does it.
 */
export class Person {
  readonly device: Device
  readonly conversationIds: readonly ConversationId[]
  /** In the order in which they were written, per conversation. */
  readonly written = new Map<ConversationId, Sent[]>()
  readonly #server: Server
  readonly #cookie: string
  readonly #tally: Tally
  readonly #queues = new Map<ConversationId, Action[]>()
  #stopped = false

  constructor(
    { device, server, cookie }: { device: Device; server: Server; cookie: string },
    conversationIds: readonly ConversationId[],
    tally: Tally,
  ) {
    this.device = device
    this.conversationIds = conversationIds
    this.#server = server
    this.#cookie = cookie
    this.#tally = tally
  }

  /** Actions not answered yet. */
  get waiting(): number {
    let count = 0
    for (const queue of this.#queues.values()) count += queue.length
    return count
  }

  do(action: Action): void {
    const id = action.sent.conversationId
    this.#tally.asked++
    if (action.kind === 'send') this.#keep(action.sent)
    const queue = this.#queues.get(id)
    if (queue?.push(action)) return
    this.#queues.set(id, [action])
    void this.#work(id)
  }

  /** Gives up what was not answered: nothing is known of it. */
  stop(): void {
    this.#stopped = true
    for (const queue of this.#queues.values())
      for (const { kind, sent } of queue) if (kind !== 'send') sent.expected = undefined
    this.device.close()
  }

  #keep(sent: Sent): void {
    const known = this.written.get(sent.conversationId)
    if (known) known.push(sent)
    else this.written.set(sent.conversationId, [sent])
  }

  async #work(id: ConversationId): Promise<void> {
    const queue = this.#queues.get(id)!
    for (let action = queue[0]; action && !this.#stopped; action = queue[0]) {
      await this.#untilAnswered(action)
      if (!this.#stopped) queue.shift()
    }
    if (queue.length === 0) this.#queues.delete(id)
  }

  async #untilAnswered(action: Action): Promise<void> {
    const startMs = performance.now()
    for (
      let pauseMs = firstPauseMs;
      !this.#stopped;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    ) {
      const outcome = await this.#try(action)
      if (this.#stopped) return
      if (outcome !== 'again') {
        const tookMs = performance.now() - startMs
        this.#tally.slowestAnswerMs = Math.max(this.#tally.slowestAnswerMs, tookMs)
        this.#note(action, outcome)
        return
      }
      this.#tally.retries++
      await delay(pauseMs * (0.5 + Math.random()))
    }
  }

  #note(action: Action, outcome: 'done' | { refused: string }): void {
    if (outcome === 'done') this.#tally.answered++
    else {
      const { refused } = this.#tally
      refused.set(outcome.refused, (refused.get(outcome.refused) ?? 0) + 1)
      // A refused message cannot be changed; nothing about it is expected any more.
      if (action.kind === 'send') action.sent.expected = undefined
    }
  }

  async #try(action: Action): Promise<'done' | 'again' | { refused: string }> {
    if (action.kind !== 'send' && !action.sent.told) return { refused: 'its message was refused' }
    const { operation, input, method, path } = callOf(action)
    try {
      if (action.door === 'rpc') {
        const { data } = await this.device.client.rpc(operation, input)
        noteAnswer(action, data.message)
        return 'done'
      }
      const body = method === 'DELETE' ? undefined : input
      const answer = await this.#server.call(method, path, this.#cookie, body)
      if (isTemporaryStatus(answer.status)) return 'again'
      if (answer.status !== 200) return { refused: nameOf(answer) }
      noteAnswer(action, answer.body!.message!)
      return 'done'
    } catch (error) {
      const { code, message, temporary } = error as RpcError
      const again = typeof code !== 'number' || code < firstServerCode || temporary === true
      return again ? 'again' : { refused: message }
    }
  }
}

interface RpcError {
  code?: number | string
  message: string
  temporary?: boolean
}

/** Codes below are the client library's own: no connection, or no answer in time. */
const firstServerCode = 100

const nameOf = ({ status, body }: Answer): string => body?.error?.name ?? `HTTP ${status}`

const isTemporaryStatus = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500
