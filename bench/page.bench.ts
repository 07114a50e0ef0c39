import { addMessages, freshDatabase } from './database-role.ts'

/** A page of 50 messages with 10,000 stored and with 1,000,000: the newest, and one in the middle. */
const few = 10_000
const many = Number(process.env.MESSAGES ?? 1_000_000)
const pages = 2_000
const warmUp = 200

const small = await freshDatabase(10)
const large = await freshDatabase(10)

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

await addMessages(small.db, 1, few)
await addMessages(large.db, 1, many)
await compare('the newest page', () => undefined)
await compare('a page anywhere', (total) => 50 + Math.floor(Math.random() * (total - 50)))
await small.close()
await large.close()
