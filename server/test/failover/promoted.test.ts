import { expect, test } from 'vitest'
import { aCluster, startApp, until } from '../app.ts'
import { aRedis } from '../redis.ts'
import { aLog, aReader, stored, type Reader } from './room.ts'
import { aPair, aPool, type Pair } from './standby.ts'
import { aSwitch } from './switch.ts'

const count = (length: number) => Array.from({ length }, (_, index) => index)

/** @returns undefined where the system has no PostgreSQL */
async function aPairAtOneAddress() {
  const pair = await aPair()
  if (!pair) return undefined
  const address = await aSwitch(pair.primary.socketPath)
  const connection = { connectionString: `postgres://parley@127.0.0.1:${address.port}/parley` }
  return { pair, address, connection }
}

/** Twenty messages that the standby has, and a hundred that it will never have; both readers see all. */
async function loseHundred(pair: Pair, readers: [Reader, Reader]): Promise<void> {
  for (const index of count(20)) await readers[0].send(`kept ${index}`)
  await pair.caughtUp()
  pair.cutReplication()
  await Promise.all(count(100).map((index) => readers[index % 2]!.send(`lost ${index}`)))
  await until('both have them', () => readers.every((reader) => reader.shown().length === 120))
}

test('after a standby that lost a hundred messages took over, everybody has what it holds', async () => {
  const cluster = await aPairAtOneAddress()
  if (!cluster) return
  const { pair, address, connection } = cluster
  const told = aLog()
  const app = await startApp({}, { connection, log: told.log })
  const john = await aReader(app, 'john')
  const bill = await aReader(app, 'bill')
  await loseHundred(pair, [john, bill])

  address.lead(undefined)
  await pair.primary.crash()
  address.lead(pair.standby.socketPath)
  const waiting = john.send('asked of a standby')
  await until('the standby is told from a primary', () =>
    told.warnings.some((text) => text.includes('leads to a standby')),
  )
  expect(told.newEpochs()).toEqual([])
  await pair.promote()
  expect((await waiting).seq).toBe(23)
  const again = await Promise.all(count(30).map((index) => bill.send(`after ${index}`)))
  expect(Math.min(...again.map(({ seq }) => seq))).toBe(24)

  const truth = await stored(aPool(pair.standby))
  expect(truth.length).toBe(51)
  for (const reader of [john, bill]) {
    await until('the reader has what is stored', () => reader.shown().length === truth.length)
    expect(reader.shown()).toEqual(truth)
    expect([reader.doubled, reader.reloads, reader.connections]).toEqual([0, 2, 1])
  }
  expect(told.newEpochs()).toEqual([expect.stringContaining('another server was promoted')])

  for (const index of count(100)) await john.send(`later ${index}`)
  await until('bill has the latest', () => bill.shown().length === 151)
  expect(bill.shown()).toEqual(await stored(aPool(pair.standby)))
  expect([bill.doubled, bill.reloads]).toEqual([0, 2])
}, 60_000)

test('of two nodes one begins the new epoch, and people on both have what the new primary holds', async () => {
  const cluster = await aPairAtOneAddress()
  if (!cluster) return
  const { pair, address, connection } = cluster
  const { url } = await aRedis()
  const told = aLog()
  const config = { redis: { url, prefix: 'failover', keepHours: 1 } }
  const [one, other] = await aCluster(config, 2, { connection, log: told.log })
  const john = await aReader(one!, 'john')
  const bill = await aReader(other!, 'bill')
  await loseHundred(pair, [john, bill])

  address.lead(undefined)
  await pair.primary.crash()
  await pair.promote()
  address.lead(pair.standby.socketPath)
  await Promise.all(count(60).map((index) => (index % 2 ? john : bill).send(`after ${index}`)))
  const truth = await stored(aPool(pair.standby))
  expect(truth.length).toBe(80)
  for (const reader of [john, bill]) {
    await until('the reader has what is stored', () => String(reader.shown()) === String(truth))
    expect([reader.doubled, reader.reloads]).toEqual([0, 2])
  }
  expect(told.newEpochs().length).toBe(1)
}, 60_000)
