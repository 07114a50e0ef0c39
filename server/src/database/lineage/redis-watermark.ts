import { setTimeout as delay } from 'node:timers/promises'
import type { RedisConnection } from '../../delivery/redis-connection.ts'
import type { Logger } from '../../logger.ts'
import type { Watermark } from './watermark.ts'

/** The later mark stays, as `laterMark` has it; positions are digits of one length, compared as text. */
const raiseScript = `
local known = redis.call('HMGET', KEYS[1], 'epoch', 'at')
if known[1] == ARGV[1] then
  if known[2] >= ARGV[2] then return 0 end
elseif known[1] then
  local continues = false
  for i = 3, #ARGV do continues = continues or ARGV[i] == known[1] end
  if not continues then return 0 end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'at', ARGV[2])
return 1`

const digits = 20
const answerMaxMs = 500
const connectMaxMs = 1_000

/**
 * Marks that all nodes share, and that outlast them. Neither method fails or takes long: without
 * Redis nothing is known, and nothing is kept.
 */
export function redisWatermark(
  { client }: RedisConnection,
  { prefix, log }: { prefix: string; log: Logger },
): Watermark {
  let refusal = ''
  const keyOf = (database: string) => `${prefix}:lineage:${database}`
  const decided = Promise.race([
    new Promise((resolve) => client.once('ready', resolve).once('close', resolve)),
    delay(connectMaxMs, undefined, { ref: false }),
  ])

  async function ask<Answer>(command: () => Promise<Answer>): Promise<Answer | undefined> {
    await decided
    if (client.status !== 'ready') return undefined
    return Promise.race([
      command().catch(tellRefusal),
      delay(answerMaxMs, undefined, { ref: false }),
    ])
  }

  function tellRefusal({ message }: Error): undefined {
    if (client.status !== 'ready' || message === refusal) return
    log.warn({ reason: message }, 'Redis refused the mark of how far the database had come')
    refusal = message
  }

  return {
    async read(database) {
      const [epoch, at] = (await ask(() => client.hmget(keyOf(database), 'epoch', 'at'))) ?? []
      return epoch && at && /^\d+$/.test(at) ? { epoch, lsn: BigInt(at) } : undefined
    },
    async raise(database, { epoch, lsn }, past) {
      const at = String(lsn).padStart(digits, '0')
      await ask(() => client.eval(raiseScript, 1, keyOf(database), epoch, at, ...past))
    },
  }
}
