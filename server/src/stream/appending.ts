import type { ConversationId } from '@parley/protocol/ids'
import type { StreamSource, Head, StreamedMessage } from '../database/stream-source.ts'
import type { RedisConnection } from '../delivery/redis-connection.ts'
import { entryOf } from './entry.ts'

/**
 * Appends one conversation's messages where they follow what is there, skips those that are there, and
 * answers the last ordinal that is. Appends nothing where one is missing in between (answers what is
 * there), or where nothing is known of the conversation (answers -1) and no base was given.
 */
const script = `
local at = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or ARGV[3])
local first = tonumber(ARGV[2])
if not at then
  if first > 1 then return -1 end
  at = 0
end
if first > at + 1 then return at end
for i = 4, #ARGV do
  local ordinal = first + i - 4
  if ordinal > at then
    redis.call('XADD', KEYS[1], '*', 'message', ARGV[i])
    at = ordinal
  end
end
redis.call('HSET', KEYS[2], ARGV[1], at)
return at`

export const unknown = -1

/** Messages of one conversation with ordinals that follow each other. */
export interface Run {
  conversationId: ConversationId
  first: number
  entries: string[]
}

export interface StreamNames {
  /** Pub/Sub. */
  live: string
  stream: string
}

/** With the usual prefix the names are the contract's own. */
export function streamNames(prefix: string): StreamNames {
  const live = prefix === 'parley' ? 'chat.messages' : `${prefix}:chat.messages`
  return { live, stream: `${live}:stream` }
}

/** Which ordinals are in the stream: a hash beside it (in a cluster on the same node), per numbering. */
export const positionsKey = ({ stream }: StreamNames, epoch: string): string =>
  `{${stream}}:at:${epoch}`

export const appendArguments = (
  names: StreamNames,
  epoch: string,
  { conversationId, first, entries }: Run,
  base?: number,
) =>
  [
    script,
    2,
    names.stream,
    positionsKey(names, epoch),
    conversationId,
    first,
    base ?? '',
    ...entries,
  ] as [string, number, ...(string | number)[]]

export interface Filler {
  /** Appends what is missing up to `last`. `base`: where to begin if Redis knows nothing. @returns how many were read */
  fill(epoch: string, head: Omit<Head, 'first'>, base?: number): Promise<number>
}

export function createFiller(
  { client }: RedisConnection,
  names: StreamNames,
  source: StreamSource,
): Filler {
  const beginOf = async ({ conversationId, last }: Omit<Head, 'first'>, base?: number) =>
    base ?? (await source.bases([conversationId])).get(conversationId) ?? last

  return {
    async fill(epoch, head, base) {
      const { conversationId, last } = head
      const known = await client.hget(positionsKey(names, epoch), String(conversationId))
      let at = known === null ? await beginOf(head, base) : Number(known)
      let count = 0
      while (at < last) {
        const messages = await source.between(at, head)
        if (messages.length === 0) break
        const run = { ...runOf(messages), conversationId }
        const reached: number = Number(await client.eval(...appendArguments(names, epoch, run, at)))
        // It went back meanwhile, with Redis: the next look begins there.
        if (reached < messages.at(-1)!.ordinal) throw new Error('the stream was changed meanwhile')
        count += messages.length
        at = reached
      }
      return count
    },
  }
}

const runOf = (messages: StreamedMessage[]): Run => ({
  conversationId: messages[0]!.conversationId,
  first: messages[0]!.ordinal,
  entries: messages.map(entryOf),
})
