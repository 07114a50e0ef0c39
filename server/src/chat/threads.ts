import { randomUUID } from 'node:crypto'
import * as field from '@parley/protocol/fields'
import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Caller } from './caller.ts'
import { validate } from './door.ts'
import type { Send } from './messages.ts'
import type { RateLimits } from './rate-limits.ts'
import { threadMessage } from './thread-shapes.ts'

const historyInput = z.object({
  id: z.int('must be an integer'),
  before: field.id.optional(),
  limit: field.limit(limits.threadHistoryMax, limits.threadHistoryMax),
})

const publishInput = z.object({
  id: z.int('must be an integer'),
  message: field.content,
  clientKey: field.clientKey.optional(),
})

/** Tutorial A's two calls, in its own words: a thread is a conversation, a text its content. */
export interface Threads {
  /** `onChat`: which of these messages travel on the channel `chat` too. */
  history(caller: Caller, input: unknown): Promise<{ answer: object; onChat: number[] }>
  publish(caller: Caller, input: unknown): Promise<object>
}

export const createThreads = (db: Database, send: Send, rateLimits: RateLimits): Threads => ({
  async history({ user }, raw) {
    rateLimits.take('messages.list', user.id)
    const { id, before, limit } = validate(historyInput, raw)
    const { kind } = await accessTo(db.conversations, user.id, id)
    const messages = await db.messages.newest(id, limit, before)
    return {
      answer: { messages: messages.map(threadMessage) },
      onChat: kind === 'public' ? messages.map((message) => message.id) : [],
    }
  },

  async publish({ user }, raw) {
    rateLimits.take('messages.send', user.id)
    const { id, message: content, clientKey = randomUUID() } = validate(publishInput, raw)
    if (id < 1) throw new Refusal('notFound')
    const { message, conversation } = await send(user, { conversationId: id, content, clientKey })
    return { message: threadMessage(message), thread: conversation }
  },
})
