import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { expect, inject, onTestFinished, test } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'
import { createPasswords } from '../../src/chat/passwords.ts'
import { openDatabase, type Database } from '../../src/database/database.ts'
import { demoPassword, seedDemo } from '../../src/database/demo.ts'
import { aCluster, signIn, until, type TestApp } from '../app.ts'
import { aDevice, aDraft } from '../crash/device.ts'
import { aProxy } from '../crash/proxy.ts'
import { aServer } from '../crash/server-process.ts'
import { aConversation, freshConnection } from '../database.ts'
import { openSweeper } from '../../src/stream/message-stream.ts'
import { aRedis, aSlowLink } from '../redis.ts'
import { silentLog } from '../silent-log.ts'

interface Entry {
  id: number
  conversation_id: number
  content: string
}

const config = (url: string) => ({ redis: { url, prefix: 'parley', keepHours: 1 } })

async function entriesIn(client: Redis): Promise<Entry[]> {
  const entries = await client.xrange('chat.messages:stream', '-', '+')
  return entries.map(([, fields]) => JSON.parse(fields[1]!))
}

/** Per conversation, ids by first appearance. */
function byConversation(entries: Pick<Entry, 'id' | 'conversation_id'>[]): Map<number, number[]> {
  const ids = new Map<number, Set<number>>()
  for (const { id, conversation_id: conversation } of entries)
    ids.set(conversation, (ids.get(conversation) ?? new Set()).add(id))
  return new Map([...ids].sort(([a], [b]) => a - b).map(([each, set]) => [each, [...set]]))
}

const storedIn = async (db: Database) =>
  byConversation(
    await db.pool.query<Entry>({
      text: 'select id, conversation_id from chat_messages order by conversation_id, ordinal',
    }),
  )

/** Every stored message at least once, in order. */
async function untilComplete(db: Database, read: () => Promise<Entry[]>, patienceMs = 15_000) {
  const expected = await storedIn(db)
  const total = [...expected.values()].flat().length
  await until(
    `all ${total} messages are in the stream`,
    async () => [...byConversation(await read()).values()].flat().length >= total,
    patienceMs,
  )
  expect(byConversation(await read())).toEqual(expected)
}

async function roomsOf({ db }: TestApp, count: number): Promise<number[]> {
  const rooms = [1]
  while (rooms.length < count) rooms.push(await aConversation(db, [1, 2], 'private'))
  return rooms
}

/** Sends to all rooms through all nodes at once. */
async function send(nodes: TestApp[], rooms: number[], count: number): Promise<void> {
  const writers = nodes.flatMap((node) => [signIn(node.url, 'john'), signIn(node.url, 'bill')])
  await Promise.all(
    (await Promise.all(writers)).map(async (writer, offset) => {
      for (let n = 0; n < count; n++) {
        const path = `/api/conversations/${rooms[(n + offset) % rooms.length]}/messages`
        await writer.call('POST', path, { content: `${n}`, clientKey: randomUUID() })
      }
    }),
  )
}

test('two nodes append every message once, in order per conversation, at once', async () => {
  const redis = await aRedis()
  const nodes = await aCluster(config(redis.url), 2)
  const [node] = nodes
  const rooms = await roomsOf(node!, 4)
  await send(nodes, rooms, 40)
  const client = redis.client()
  await untilComplete(node!.db, () => entriesIn(client), 1_000)
  const entries = await entriesIn(client)
  expect(entries).toHaveLength(new Set(entries.map(({ id }) => id)).size)
})

test('every tenth piece sent to Redis is lost with its connection: in the end nothing is missing', async () => {
  const redis = await aRedis()
  const link = await aSlowLink(redis)
  const nodes = await aCluster(config(link.url), 2)
  const rooms = await roomsOf(nodes[0]!, 4)
  link.loss = 0.1
  await send(nodes, rooms, 60)
  const client = redis.client()
  await untilComplete(nodes[0]!.db, () => entriesIn(client), 40_000)
})

test('Redis is killed and comes back empty under load: all that is newer than a minute is there again, in order', async () => {
  const redis = await aRedis()
  const nodes = await aCluster(config(redis.url), 2)
  const rooms = await roomsOf(nodes[0]!, 4)
  await send(nodes, rooms, 10)
  const client = redis.client()
  const sending = send(nodes, rooms, 80)
  for (let round = 0; round < 2; round++) {
    await redis.kill()
    await redis.start()
    await until('the stream is written again', async () => (await entriesIn(client)).length > 0)
  }
  await sending
  await untilComplete(nodes[0]!.db, () => entriesIn(client))
})

test('a server killed between commit and append brings the message to the stream when it is back', async () => {
  const redis = await aRedis()
  const connection = await freshConnection()
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  onTestFinished(() => db.close())
  await seedDemo(db.pool, await createPasswords().hash(demoPassword))
  const proxy = await aProxy(join(inject('postgres').host, '.s.PGSQL.5432'))
  const DATABASE_URL = proxy.url(connection.user, connection.database)
  const server = await aServer({ DATABASE_URL, REDIS_URL: redis.url })
  const device = await aDevice(server, (await signIn(server.url, 'john')).cookie)
  await device.send(aDraft(1, 'before'))
  const client = redis.client()
  await untilComplete(db, () => entriesIn(client))
  for (let round = 0; round < 3; round++) {
    proxy.withhold()
    const lost = aDraft(1, `lost ${round}`)
    device.try(lost).catch(() => {})
    await until('it is committed', () => proxy.withheld.some(({ answered }) => answered))
    await server.kill()
    expect((await entriesIn(client)).map(({ content }) => content)).not.toContain(lost.content)
    proxy.pass()
    await server.start()
    // What comes after the last one does not show that it is missing.
    if (round < 2) await device.send(aDraft(1, `after ${round}`))
  }
  device.client.disconnect()
  await untilComplete(db, () => entriesIn(client))
})

/** As if these had been stored that long ago. */
const age = ({ db }: TestApp, minutes: number) =>
  db.pool.query({
    text: `update chat_messages set created_at = created_at - $1 * interval '1 minute'`,
    values: [minutes],
  })

const checkpointOf = async ({ db }: TestApp) => (await db.streamSource.state()).checkpoint

test('the checkpoint moves over what is older than a minute; what is before it comes back by refill', async () => {
  const redis = await aRedis()
  const [node] = await aCluster(config(redis.url), 1)
  await send([node!], [1], 5)
  const client = redis.client()
  await untilComplete(node!.db, () => entriesIn(client))
  const before = await checkpointOf(node!)
  const newest = Math.max(...(await entriesIn(client)).map(({ id }) => id))
  expect(before).toBeLessThan(newest)
  await age(node!, 2)
  await until('it has moved', async () => (await checkpointOf(node!)) === newest)

  await redis.flush()
  await send([node!], [1], 1)
  await until('new ones are there', async () => (await entriesIn(client)).length === 2)
  const log = silentLog
  const source = node!.db.streamSource
  const sweeper = openSweeper({ url: redis.url, prefix: 'parley', keepHours: 1, source, log })
  onTestFinished(() => sweeper.close())
  await until('it is connected', () => sweeper.ready())
  await until('the server has a rest', async () => (await sweeper.refill(1)) !== undefined)
  await untilComplete(node!.db, async () => (await entriesIn(client)).slice(2))
})

test('entries older than PARLEY_STREAM_KEEP_HOURS leave the stream, many or few', async () => {
  const redis = await aRedis()
  const client = redis.client()
  const longAgo = Date.now() - 2 * 3_600_000
  for (let n = 0; n < 300; n++)
    await client.xadd('chat.messages:stream', `${longAgo + n}-0`, 'message', '{}')
  await aCluster(config(redis.url), 1)
  await until('they are gone', async () => (await client.xlen('chat.messages:stream')) < 100)
})

const program = fileURLToPath(
  new URL('../../../examples/consumer-group/consume.js', import.meta.url),
)

test('consumers of a group are killed and started again at random: together they handle every message', async () => {
  const redis = await aRedis()
  const nodes = await aCluster(config(redis.url), 1)
  const rooms = await roomsOf(nodes[0]!, 3)
  const handled: Entry[] = []
  const consumers: (ChildProcess | undefined)[] = []
  const start = (index: number) => {
    const env = { ...bareEnvironment(), REDIS_URL: redis.url, CLAIM_AFTER_MS: '500' }
    const child = spawn(process.execPath, [program, 'group', `consumer-${index}`], { env })
    let rest = ''
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      handled.push(...lines.map((line) => JSON.parse(line)))
    })
    consumers[index] = child
  }
  onTestFinished(() => consumers.forEach((child) => void child?.kill('SIGKILL')))
  start(0)
  start(1)
  const sending = send(nodes, rooms, 150)
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 300))
    const index = Math.floor(Math.random() * 2)
    consumers[index]!.kill('SIGKILL')
    start(index)
  }
  await sending
  const stored = [...(await storedIn(nodes[0]!.db)).values()].flat()
  const missing = () => {
    const seen = new Set(handled.map(({ id }) => id))
    return stored.filter((id) => !seen.has(id))
  }
  await until('all are handled', () => missing().length === 0, 30_000)
})
