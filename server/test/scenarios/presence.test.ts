import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Centrifuge } from 'centrifuge'
import { expect, inject, test } from 'vitest'
import { aCluster, clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { aProxy } from '../crash/proxy.ts'
import { aServer } from '../crash/server-process.ts'
import { aConversation, aUser, freshConnection } from '../database.ts'
import { aRedis, type TestRedis } from '../redis.ts'
import { quick } from '../suites/presence.ts'
import { aToken, tokenSecret } from '../tokens.ts'

const room = 'conversation:1'
const [john, bill] = [1, 2]

interface Person {
  client: Centrifuge
  /** What came on `user:<id>`. */
  notices: any[]
  /** Without a number, on `First thread`. */
  states: any[]
  /** Of each channel, as the last subscription brought it. */
  data: Map<string, any>
  /** Who is online, as this person was told: state first, then what changed. */
  online(): number[]
  call(method: string, data: object): Promise<any>
}

async function person(gatewayUrl: string, options: object): Promise<Person> {
  const client = clientFor(gatewayUrl, options)
  const known = new Set<number>()
  const someone: Person = {
    client,
    notices: [],
    states: [],
    data: new Map(),
    online: () => [...known].sort((one, other) => one - other),
    call: async (method, data) => (await client.rpc(method, data)).data,
  }
  const take = (data: any) => {
    for (const id of data.online ?? []) known.add(id)
    if (data.type !== 'presence') return
    for (const { id, online } of data.users) {
      if (online) known.add(id)
      else known.delete(id)
    }
  }
  client.on('subscribed', ({ channel, data }) => {
    someone.data.set(channel, data)
    if (data) take(data)
  })
  client.on('publication', ({ channel, data, offset }) => {
    if (channel.startsWith('user:')) someone.notices.push(data)
    else if (channel === room && !offset) someone.states.push(data)
    take(data)
  })
  client.connect()
  await client.ready(5_000)
  return someone
}

const enter = ({ gatewayUrl }: TestApp, user: number) =>
  person(gatewayUrl, { token: aToken({ sub: String(user) }) })

const redisOf = ({ url }: TestRedis) => ({ url, prefix: 'parley', keepHours: 1 })

const twoNodes = async (presenceTimers = {}): Promise<[TestApp, TestApp]> => {
  const redis = redisOf(await aRedis())
  const [a, b] = await aCluster({ redis, tokenSecret, presenceTimers })
  return [a!, b!]
}

const sees = (who: Person, users: number[], patienceMs?: number) =>
  until(`${users.join()} are online`, () => String(who.online()) === String(users), patienceMs)

test('somebody who connects on one node is online on the other within 2 s, and in what is read there', async () => {
  const [a, b] = await twoNodes()
  const watcher = await enter(a, john)
  await sees(watcher, [john], 2_500)
  const other = await enter(b, bill)
  await sees(watcher, [john, bill], 2_500)
  await until('bill is told too', () => other.online().includes(bill), 2_500)
  expect(watcher.notices.at(-1)).toEqual({ type: 'presence', users: [{ id: bill, online: true }] })
  const { state } = await watcher.call('conversations.state', { id: 1 })
  expect(state.online).toEqual([john, bill])
  const late = await enter(b, john)
  expect(late.data.get(room).online).toEqual([john, bill])
  other.client.disconnect()
  await sees(watcher, [john])
})

test('a reload of the page, and a restart of a node, make nobody flicker', async () => {
  const [a, b] = await twoNodes()
  const watcher = await enter(a, john)
  const other = await enter(b, bill)
  await sees(watcher, [john, bill])
  other.client.disconnect()
  const again = await enter(b, bill)
  await b.restart()
  await until('bill is back', () => again.client.state === 'connected')
  const { length } = watcher.notices
  const third = await enter(a, (await aUser(a.db, 'carol')).id)
  await third.call('conversations.join', { id: 1 })
  await until('something else is told', () => watcher.states.length > 0)
  expect(watcher.notices.slice(length)).toEqual([])
  expect(watcher.online()).toContain(bill)
  expect(watcher.notices.filter(({ users }) => users.some((each: any) => !each.online))).toEqual([])
})

test('the people of a node that was killed are offline within 20 s', async () => {
  const connection = await freshConnection()
  const redis = await aRedis()
  const a = await startApp({ redis: redisOf(redis) }, { connection })
  const proxy = await aProxy(join(inject('postgres').host, '.s.PGSQL.5432'))
  const b = await aServer({
    DATABASE_URL: proxy.url(connection.user, connection.database),
    REDIS_URL: redis.url,
  })
  const watcher = await person(a.gatewayUrl, { cookie: (await signIn(a.url, 'john')).cookie })
  const other = await person(b.gatewayUrl, { cookie: (await signIn(b.url, 'bill')).cookie })
  await sees(watcher, [john, bill])
  await b.kill()
  other.client.disconnect()
  await sees(watcher, [john], 20_000)
  expect(watcher.notices.at(-1)).toEqual({ type: 'presence', users: [{ id: bill, online: false }] })
}, 60_000)

test('presence and presence_stats of a channel are those of all nodes', async () => {
  const [a, b] = await twoNodes(quick)
  const [one, two] = [await enter(a, john), await enter(b, john)]
  const three = await enter(b, bill)
  const entries = async (who: Person, channel = room) =>
    Object.values((await who.client.presence(channel)).clients).map(({ user }) => Number(user))
  await until('the nodes know each other', async () => (await entries(one)).length === 3)
  for (const who of [one, two, three]) {
    expect((await entries(who)).sort()).toEqual([john, john, bill])
    expect(await who.client.presenceStats(room)).toEqual({ numClients: 3, numUsers: 2 })
  }
  expect(await entries(three, 'user:2')).toEqual([bill])
  expect(await entries(one, 'chat')).toEqual([])
  three.client.disconnect()
  await until('bill is not there', async () => (await entries(one)).length === 2)
  expect(await one.client.presenceStats(room)).toEqual({ numClients: 2, numUsers: 1 })
})

test('a node that does not answer costs half a second, and what the others know is answered', async () => {
  const redis = await aRedis()
  const [a] = await aCluster({ redis: redisOf(redis), tokenSecret })
  const watcher = await enter(a!, john)
  const stats = () => watcher.client.presenceStats(room)
  await until('both are there', async () => (await stats()).numClients === 1)
  const silent = { type: 'online', node: 'silent', from: 0, version: 0, came: [], left: [] }
  await redis.client().publish('parley:control', `1 x\n${JSON.stringify(silent)}\n`)
  let tookMs = 0
  await until('it is waited for', async () => {
    const startMs = performance.now()
    expect(await stats()).toEqual({ numClients: 1, numUsers: 1 })
    tookMs = performance.now() - startMs
    return tookMs > 400
  })
  expect(tookMs).toBeLessThan(1_000)
})

test('what somebody reads on one node is seen on the other', async () => {
  const [a, b] = await twoNodes()
  const [writer, reader] = [await enter(b, john), await enter(a, bill)]
  const draft = { conversationId: 1, content: 'read me', clientKey: randomUUID() }
  const { seq } = (await writer.call('messages.send', draft)).message
  await reader.call('conversations.read', { id: 1, seq })
  await until('it is seen', () =>
    writer.states
      .filter(({ type }) => type === 'reads')
      .flatMap(({ reads }) => reads)
      .some(({ userId, lastReadSeq }) => userId === bill && lastReadSeq === seq),
  )
})

test('one who shares many conversations with me is one notice, and strangers are told nothing', async () => {
  const app = await startApp({ tokenSecret, presenceTimers: quick })
  const carol = (await aUser(app.db, 'carol')).id
  for (let count = 0; count < 20; count++) await aConversation(app.db, [john, bill])
  const [watcher, stranger] = [await enter(app, john), await enter(app, carol)]
  await sees(watcher, [john])
  const other = await enter(app, bill)
  await sees(watcher, [john, bill])
  other.client.disconnect()
  await sees(watcher, [john])
  // One that says that john himself is there may come before or after the first state says so.
  const told: { id: number; online: boolean }[] = watcher.notices.flatMap(({ users }) => users)
  expect(told.filter(({ id }) => id === bill)).toEqual([
    { id: bill, online: true },
    { id: bill, online: false },
  ])
  expect(stranger.online()).toEqual([])
})

test('the members learn whether somebody who joins is online, and who joins learns it of them', async () => {
  const [a, b] = await twoNodes(quick)
  const carol = (await aUser(a.db, 'carol')).id
  const [watcher, newcomer] = [await enter(a, john), await enter(b, carol)]
  await sees(watcher, [john])
  await newcomer.call('conversations.join', { id: 1 })
  await sees(watcher, [john, carol])
  await until('the members are told', () => watcher.states.length > 0)
  expect(watcher.states).toEqual([{ type: 'presence', users: [{ id: carol, online: true }] }])
  await until('carol is on it', () => newcomer.data.has(room))
  await sees(newcomer, [john, carol])
})

test('who hides read receipts is online all the same', async () => {
  const app = await startApp({ tokenSecret, presenceTimers: quick })
  const watcher = await enter(app, john)
  const hider = await enter(app, bill)
  await hider.call('users.changeSettings', { readReceipts: false })
  await sees(watcher, [john, bill])
  const { state } = await hider.call('conversations.state', { id: 1 })
  expect(state).toMatchObject({ online: [john, bill] })
  expect(state.reads).toBeUndefined()
})

test('in a conversation of more than 100 members nobody is told who is online', async () => {
  const app = await startApp({ tokenSecret, presenceTimers: quick })
  const { pool } = app.db
  await pool.query({ text: 'delete from members where conversation_id = 1 and user_id = 2' })
  const crowd = await pool.query<{ id: number }>({
    text: `insert into users (username, username_key, password_hash)
      select 'u' || n, 'u' || n, '!' from generate_series(1, 99) n returning id`,
  })
  const id = await aConversation(app.db, [john, bill, ...crowd.map((user) => user.id)])
  const watcher = await enter(app, john)
  await enter(app, bill)
  const { id: carol } = await aUser(app.db, 'carol')
  const small = await aConversation(app.db, [john, carol])
  await enter(app, carol)
  await until('carol is told', () => watcher.online().includes(carol))
  expect(watcher.online()).not.toContain(bill)
  expect(watcher.data.get(`conversation:${id}`).online).toBeUndefined()
  await until('the new one is there', () => watcher.data.has(`conversation:${small}`))
})
