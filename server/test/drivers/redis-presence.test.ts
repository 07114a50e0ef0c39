import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Presence } from '../../src/delivery/presence.ts'
import { redisBus } from '../../src/delivery/redis-bus.ts'
import { redisPresence } from '../../src/delivery/redis-presence.ts'
import { until } from '../app.ts'
import { aRedis, aSlowLink } from '../redis.ts'
import { silentLog } from '../silent-log.ts'
import { describePresence, hearing, quick, type Hearing } from '../suites/presence.ts'

async function aPresence({ url }: { url: string }): Promise<Presence> {
  const bus = redisBus({ url, prefix: 'parley', log: silentLog })
  onTestFinished(() => bus.close())
  return redisPresence({ ...quick, url, prefix: 'parley', bus, log: silentLog })
}

const aNode = async (at: { url: string }): Promise<Hearing> => hearing(await aPresence(at))

async function twoNodes(at: { url: string }): Promise<[Hearing, Hearing]> {
  const [a, b] = [await aNode(at), await aNode(at)]
  await until('they know each other', () =>
    [a, b].every(({ presence }) => presence.otherNodes === 1),
  )
  return [a, b]
}

describePresence('Redis', async (nodes) => {
  const redis = await aRedis()
  return Promise.all(Array.from({ length: nodes }, () => aPresence(redis)))
})

test('the people of a node that was killed are gone when its entry has expired, not before', async () => {
  const redis = await aRedis()
  const link = await aSlowLink(redis)
  const a = await aNode(redis)
  const b = await aNode(link)
  a.presence.enter('1')
  b.presence.enter('2')
  await a.untilOnline('1', '2')
  link.cut = true
  const tookMs = await a.untilOffline('2')
  expect(tookMs).toBeGreaterThan((quick.expiryMs * 2) / 3 - 100)
  expect(tookMs).toBeLessThan(quick.expiryMs + 300)
  expect(a.isOnline('1')).toBe(true)
  expect(a.presence.otherNodes).toBe(0)
  const late = await aNode(redis)
  expect([late.isOnline('1'), late.isOnline('2')]).toEqual([true, false])
})

test('a node that stops takes its people with it, and gives them time to appear elsewhere', async () => {
  const [a, b] = await twoNodes(await aRedis())
  b.presence.enter('2')
  b.presence.enter('3')
  await a.untilOnline('2', '3')
  await b.presence.close()
  a.presence.enter('3')
  const tookMs = await a.untilOffline('2')
  expect(tookMs).toBeGreaterThan(quick.graceMs - 50)
  expect(tookMs).toBeLessThan(quick.expiryMs / 2)
  expect(a.heard.toSorted()).toEqual(['+2', '+3', '-2'])
})

test('a node that starts knows at once who is online', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  a.presence.enter('1')
  b.presence.enter('2')
  for (const node of [a, b]) await node.untilOnline('1', '2')
  const late = await aNode(redis)
  expect([late.isOnline('1'), late.isOnline('2')]).toEqual([true, true])
  expect(late.presence.otherNodes).toBe(2)
  b.presence.leave('2')
  await late.untilOffline('2')
  expect(late.heard).toEqual(['-2'])
})

test('Redis is killed and comes back empty: nobody flickers, and what changed meanwhile is known', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  b.presence.enter('2')
  b.presence.enter('3')
  await a.untilOnline('2', '3')
  await redis.kill()
  b.presence.enter('4')
  b.presence.leave('3')
  expect(await b.untilOnline('4')).toBeLessThan(quick.graceMs)
  await b.untilOffline('3')
  expect(a.isOnline('3')).toBe(true)
  await redis.start()
  await a.untilOnline('4')
  await a.untilOffline('3')
  expect(a.heard.filter((each) => each.endsWith('2'))).toEqual(['+2'])
  const late = await aNode(redis)
  await late.untilOnline('2', '4')
  expect(late.isOnline('3')).toBe(false)
})

test('Redis is emptied: a node that starts then learns of everybody', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  a.presence.enter('1')
  b.presence.enter('2')
  await a.untilOnline('1', '2')
  await redis.flush()
  const late = await aNode(redis)
  await late.untilOnline('1', '2')
  for (const { heard } of [a, b]) expect(heard.toSorted()).toEqual(['+1', '+2'])
})

test('Redis freezes for longer than an entry lasts: a node goes on with its own people, and finds the others again', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  a.presence.enter('1')
  b.presence.enter('2')
  for (const node of [a, b]) await node.untilOnline('1', '2')
  redis.freeze()
  a.presence.enter('4')
  expect(await a.untilOnline('4')).toBeLessThan(quick.graceMs)
  await a.untilOffline('2')
  expect(a.isOnline('1')).toBe(true)
  redis.thaw()
  await a.untilOnline('2')
  await b.untilOnline('1', '4')
})

test('differences that got lost are read from the list', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const stranger = redis.client()
  b.presence.enter('2')
  await a.untilOnline('2')
  const lists = await stranger.smembers('parley:presence')
  const [key] = (
    await Promise.all(
      lists.map(async (node) => [node, await stranger.get(`parley:presence:${node}`)] as const),
    )
  ).find(([, list]) => list!.includes('"2"'))!
  // As if the difference that brought 9 had not come: the next one begins after it.
  const list = JSON.stringify({ version: 9, users: ['2', '9'] })
  await stranger.set(`parley:presence:${key}`, list, 'PX', quick.expiryMs)
  const next = { type: 'online', node: key, from: 8, version: 9, came: ['8'], left: [] }
  await stranger.publish('parley:control', `1 x\n${JSON.stringify(next)}\n`)
  await a.untilOnline('9')
  expect(a.isOnline('8')).toBe(false)
})

test('a node starts without Redis within a second, and is there once Redis is', async () => {
  const redis = await aRedis({ started: false })
  const startMs = performance.now()
  const [a, b] = await Promise.all([aNode(redis), aNode(redis)])
  expect(performance.now() - startMs).toBeLessThan(1_000)
  a.presence.enter('1')
  await a.untilOnline('1')
  await redis.start()
  await b.untilOnline('1')
})

test('whatever others write there, a node goes on', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const stranger = redis.client()
  for (const [index, text] of ['', '{', '[]', 'null', '{"version":1}', '{"users":[]}'].entries()) {
    await stranger.sadd('parley:presence', `stranger${index}`)
    await stranger.set(`parley:presence:stranger${index}`, text)
    const online = { type: 'online', node: `stranger${index}`, from: 4, version: 5 }
    for (const message of [online, { ...online, came: [], left: [] }, { type: 'gone' }])
      await stranger.publish('parley:control', `1 x\n${JSON.stringify(message)}\n`)
  }
  await sleep(4 * quick.intervalMs)
  b.presence.enter('2')
  await a.untilOnline('2')
  const late = await aNode(redis)
  await late.untilOnline('2')
})
