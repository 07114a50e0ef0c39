import type { Database } from '../server/src/database/database.ts'
import { freshDatabase } from './database-role.ts'

/** A page of 50 messages with 10,000 stored and with 1,000,000: the newest, and one in the middle. */
const few = 10_000
const many = Number(process.env.MESSAGES ?? 1_000_000)
const pages = 2_000
const warmUp = 200

const small = await freshDatabase(10)
const large = await freshDatabase(10)

/** Straight into the table: how they got there is not what is measured. */
async function fillUpTo(db: Database, total: number): Promise<void> {
  for (let last = 0; last < total; last += 10_000)
    await db.pool.query({
      text: `with next as (
          update lines set last_seq = last_seq + 10000, last_ordinal = last_ordinal + 10000
          where conversation_id = 1 returning last_seq - 10000 as seq, last_ordinal - 10000 as ordinal
        )
        insert into chat_messages (conversation_id, seq, ordinal, version, user_id, client_key, content)
        select 1, seq + n, ordinal + n, seq + n, 1 + n % 10, gen_random_uuid(), repeat('word ', 10)
        from next, generate_series(1, 10000) n`,
    })
  await db.pool.query({ text: 'analyze chat_messages' })
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Pages of both in turn, so that both meet the same noise. */
async function compare(name: string, before: (total: number) => number | undefined): Promise<void> {
  const times: [number[], number[]] = [[], []]
  for (let page = 0; page < pages; page++)
    for (const [index, { db, total }] of [
      { db: small.db, total: few },
      { db: large.db, total: many },
    ].entries()) {
      const startMs = performance.now()
      await db.messages.page(1, { before: before(total), limit: 50 })
      if (page >= warmUp) times[index]!.push(performance.now() - startMs)
    }
  const [ofFew, ofMany] = times.map(median) as [number, number]
  console.log(
    `${name}: ${ofMany.toFixed(2)} ms at ${many} / ${ofFew.toFixed(2)} ms at ${few} = ${(ofMany / ofFew).toFixed(2)}`,
  )
}

await fillUpTo(small.db, few)
await fillUpTo(large.db, many)
await compare('the newest page', () => undefined)
await compare('a page anywhere', (total) => 50 + Math.floor(Math.random() * (total - 50)))
await small.close()
await large.close()
