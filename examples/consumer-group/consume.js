// Reads every message of a Parley from its Redis Stream, as one of a group of consumers: each message goes to
// one of them, and what a consumer had not finished when it died is taken over by another.
//
//   REDIS_URL=redis://127.0.0.1:6379 node examples/consumer-group/consume.js [group] [consumer]
import { Redis } from 'ioredis'

const stream = process.env.STREAM ?? 'chat.messages:stream'
const [group = 'example', consumer = `consumer-${process.pid}`] = process.argv.slice(2)
const claimAfterMs = Number(process.env.CLAIM_AFTER_MS ?? 30_000)
const waitMs = Math.min(5_000, claimAfterMs)
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  maxRetriesPerRequest: null,
})
redis.on('error', (error) => console.error(error.message))

/** Your work. A message may come twice (its `id` tells), and is done once it is acknowledged. */
async function handle(message) {
  console.log(JSON.stringify(message))
}

async function take(entries) {
  for (const [entryId, fields] of entries) {
    // An entry that was trimmed while it waited has no fields any more.
    if (fields) await handle(JSON.parse(fields[1]))
    await redis.xack(stream, group, entryId)
  }
}

/** From the oldest message that is there; a group that is there goes on where it was. */
async function join() {
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch((error) => {
    if (!error.message.startsWith('BUSYGROUP')) throw error
  })
}

async function read(from) {
  const answer = await redis.xreadgroup(
    ...['GROUP', group, consumer, 'COUNT', 100, 'BLOCK', waitMs, 'STREAMS', stream, from],
  )
  return answer?.[0]?.[1] ?? []
}

await join()
// First what this consumer had been given before it was stopped.
let from = '0'
for (;;) {
  try {
    const entries = await read(from)
    await take(entries)
    if (from === '0' && entries.length === 0) from = '>'
    const [, left] = await redis.xautoclaim(
      stream,
      group,
      consumer,
      claimAfterMs,
      '0',
      'COUNT',
      100,
    )
    await take(left)
  } catch (error) {
    // Redis came back empty: Parley appends again what it must, and the group begins anew.
    if (error.message.startsWith('NOGROUP')) await join()
    else {
      console.error(error.message)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
