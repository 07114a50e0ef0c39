import { randomUUID } from 'node:crypto'
import type { Database } from '../server/src/database/database.ts'
import { freshDatabase } from './database-role.ts'

/**
 * Messages stored per second in one conversation by many concurrent senders, each waiting for its
 * answer: the product's send queue beside one transaction per message, in turn, fsync on.
 */
const senders = Number(process.env.SENDERS ?? 100)
const seconds = Number(process.env.SECONDS ?? 5)
const rounds = Number(process.env.ROUNDS ?? 3)

type Send = (userId: number) => Promise<unknown>

const collected =
  (db: Database): Send =>
  (userId) =>
    db.messages.send({ conversationId: 1, userId, clientKey: randomUUID(), content: 'hello there' })

/** What most chats do: lock, number, insert, commit, for every message. */
const oneByOne =
  (db: Database): Send =>
  (userId) =>
    db.pool.transaction(async (transaction) => {
      const [line] = await transaction.query<{ last_seq: number; last_ordinal: number }>({
        name: 'bench.line',
        text: `update lines set last_seq = last_seq + 1, last_ordinal = last_ordinal + 1
          where conversation_id = 1 returning last_seq, last_ordinal`,
      })
      await transaction.query({
        name: 'bench.insert',
        text: `insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content)
          values (1, $1, $2, $1, $3, $4, 'hello there')`,
        values: [line!.last_seq, line!.last_ordinal, userId, randomUUID()],
      })
    })

async function measure(send: Send): Promise<{ perSecond: number; p99Ms: number }> {
  const times: number[] = []
  const endMs = performance.now() + seconds * 1_000
  await Promise.all(
    Array.from({ length: senders }, async (_, index) => {
      while (performance.now() < endMs) {
        const startMs = performance.now()
        await send(index + 1)
        times.push(performance.now() - startMs)
      }
    }),
  )
  times.sort((a, b) => a - b)
  return { perSecond: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)]! }
}

const { db, close } = await freshDatabase(senders)
const ways = { 'one transaction each': oneByOne(db), parley: collected(db) }
const results: Record<string, number[]> = {}
console.log(`${senders} senders, one conversation, ${seconds} s, ${rounds} rounds in turn`)
for (let round = 0; round < rounds; round++)
  for (const [name, send] of Object.entries(ways)) {
    const { perSecond, p99Ms } = await measure(send)
    ;(results[name] ??= []).push(perSecond)
    console.log(`  ${name.padEnd(20)} ${Math.round(perSecond)}/s, p99 ${p99Ms.toFixed(1)} ms`)
  }
await close()
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const [slow, fast] = Object.values(results).map(median)
console.log(
  `median: ${Math.round(fast!)} / ${Math.round(slow!)} = ${(fast! / slow!).toFixed(1)} times`,
)
