import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRedis } from '../../src/delivery/redis-connection.ts'
import { redisWatermark } from '../../src/database/lineage/redis-watermark.ts'
import { lsnOf, type Mark } from '../../src/database/lineage/rule.ts'
import { fileWatermark, type Watermark } from '../../src/database/lineage/watermark.ts'
import { testDatabase } from '../database.ts'
import { aRedis, type TestRedis } from '../redis.ts'
import { silentLog } from '../silent-log.ts'

const database = '7001 parley'
const mark = (epoch: string, lsn: string): Mark => ({ epoch, lsn: lsnOf(lsn) })

async function aFile(): Promise<Watermark[]> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-mark-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return [fileWatermark(join(folder, 'lineage.json'), silentLog)]
}

function onRedis({ url }: Pick<TestRedis, 'url'>): Watermark {
  const connection = openRedis({ url, log: silentLog, name: 'test' })
  onTestFinished(connection.close)
  return redisWatermark(connection, { prefix: 'parley', log: silentLog })
}

async function twoOnRedis(): Promise<Watermark[]> {
  const redis = await aRedis()
  return [onRedis(redis), onRedis(redis)]
}

describe.each<[string, () => Promise<Watermark[]>]>([
  ['in a file', aFile],
  ['on Redis', twoOnRedis],
])('a mark %s', (_where, create) => {
  test('rises within its epoch, whoever asks, and never falls', async () => {
    const all = await create()
    const [one, other] = [all[0]!, all.at(-1)!]
    expect(await one.read(database)).toBeUndefined()
    await one.raise(database, mark('two', '9/FFFFFFFF'), ['one'])
    await other.raise(database, mark('two', '1/0'), ['one'])
    expect(await other.read(database)).toMatchObject(mark('two', '9/FFFFFFFF'))
    await Promise.all(
      ['A/1', '10/0', 'F/FFFFFFFF'].map((lsn, index) =>
        all[index % all.length]!.raise(database, mark('two', lsn), ['one']),
      ),
    )
    for (const each of all) expect(await each.read(database)).toMatchObject(mark('two', '10/0'))
  })

  test('passes to an epoch that continues its own, and to no other', async () => {
    const [watermark] = await create()
    await watermark!.raise(database, mark('two', '5/0'), ['one'])
    await watermark!.raise(database, mark('one', '9/0'), ['zero'])
    expect(await watermark!.read(database)).toMatchObject(mark('two', '5/0'))
    await watermark!.raise(database, mark('three', '4/0'), ['one', 'two'])
    expect(await watermark!.read(database)).toMatchObject(mark('three', '4/0'))
  })

  test('belongs to one database', async () => {
    const [watermark] = await create()
    await watermark!.raise(database, mark('two', '5/0'), [])
    expect(await watermark!.read('7002 parley')).toBeUndefined()
  })
})

test('installations with other prefixes have marks of their own on one Redis', async () => {
  const redis = await aRedis()
  await onRedis(redis).raise(database, mark('two', '5/0'), [])
  const connection = openRedis({ url: redis.url, log: silentLog, name: 'test' })
  onTestFinished(connection.close)
  const other = redisWatermark(connection, { prefix: 'other', log: silentLog })
  expect(await other.read(database)).toBeUndefined()
  expect(await redis.client().keys('*')).toEqual([`parley:lineage:${database}`])
})

describe('nobody waits for longer than two seconds, and nothing fails', () => {
  async function asks(watermark: Watermark) {
    const startMs = performance.now()
    const seen = await watermark.read(database)
    await watermark.raise(database, mark('two', '6/0'), [])
    expect(performance.now() - startMs).toBeLessThan(2_000)
    return seen
  }

  test('when nobody listens where Redis should be', async () => {
    expect(await asks(onRedis(await aRedis({ started: false })))).toBeUndefined()
  })

  test('when Redis is frozen before the first word, or after a mark was kept', async () => {
    const redis = await aRedis()
    const known = onRedis(redis)
    await known.raise(database, mark('two', '5/0'), [])
    redis.freeze()
    expect(await asks(known)).toBeUndefined()
    expect(await asks(onRedis(redis))).toBeUndefined()
  })

  test('when something else is where the mark should be', async () => {
    const redis = await aRedis()
    await redis.client().set(`parley:lineage:${database}`, 'mine')
    expect(await asks(onRedis(redis))).toBeUndefined()
    await redis.flush()
    await redis.client().hset(`parley:lineage:${database}`, { epoch: 'two', at: 'far' })
    expect(await asks(onRedis(redis))).toBeUndefined()
  })
})

test('a database that goes on while its marks are read has not gone back', async () => {
  const { lineage, pool } = await testDatabase()
  const goesOn = async () => {
    await pool.query({ text: 'update epoch set since = since' })
    const [row] = await pool.query<{ epoch: string; lsn: string }>({
      text: 'select value as epoch, pg_current_wal_flush_lsn()::text as lsn from epoch',
    })
    return { epoch: row!.epoch, lsn: lsnOf(row!.lsn) }
  }
  const before = (await goesOn()).epoch
  const ofAnotherNode: Watermark = { read: goesOn, raise: async () => {} }
  await lineage.start({ watermarks: [ofAnotherNode], onChange() {} })
  onTestFinished(() => lineage.stop())
  expect(lineage.epoch()).toBe(before)
})
