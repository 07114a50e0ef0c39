import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Bus } from '../../src/delivery/bus.ts'
import { redisBus } from '../../src/delivery/redis-bus.ts'
import { until } from '../app.ts'
import { aRedis, aSlowLink, type TestRedis } from '../redis.ts'
import { silentLog } from '../silent-log.ts'
import { aPublication, describeBus, listening, type Listening } from '../suites/bus.ts'

const connected = (bus: Bus) => until('the bus is connected', () => bus.connected)

async function busesOn({ url }: { url: string }, nodes: number): Promise<Bus[]> {
  const buses = Array.from({ length: nodes }, () =>
    redisBus({ url, prefix: 'parley', log: silentLog }),
  )
  await Promise.all(buses.map(connected))
  return buses
}

describeBus('Redis', async (nodes) => busesOn(await aRedis(), nodes))

async function twoNodes(redis: TestRedis): Promise<[Listening, Listening]> {
  const [a, b] = (await busesOn(redis, 2)).map(listening)
  await Promise.all([a!, b!].map(({ bus }) => bus.subscribe('conversation:1')))
  return [a!, b!]
}

/** Publishes with growing numbers until one arrives. */
async function untilCarried(from: Listening, to: Listening): Promise<void> {
  const before = to.publications.length
  let offset = 1_000
  await until('publications are carried again', async () => {
    from.bus.publish(aPublication(offset++))
    await sleep(20)
    return to.publications.length > before
  })
}

test('a Redis that was killed and came back empty carries publications again, and says that something may be missing', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const before = b.interruptions
  await redis.kill()
  await until('both notice', () => !a.bus.connected && !b.bus.connected)
  expect(b.interruptions).toBeGreaterThan(before)
  a.bus.publish(aPublication(1))
  expect(a.on('conversation:1')).toHaveLength(1)
  const whileDown = b.interruptions
  await redis.start()
  const startMs = Date.now()
  await Promise.all([a, b].map(({ bus }) => connected(bus)))
  expect(Date.now() - startMs).toBeLessThan(1_500)
  expect(b.interruptions).toBeGreaterThan(whileDown)
  await untilCarried(a, b)
  expect(b.on('conversation:1')).not.toContain('{"seq":1}')
})

test('a node that could not publish tells the others, though they were never cut off', async () => {
  const redis = await aRedis()
  const link = await aSlowLink(redis)
  const [a] = (await busesOn(link, 1)).map(listening)
  const [b] = (await busesOn(redis, 1)).map(listening)
  await b!.bus.subscribe('conversation:1')
  link.cut = true
  a!.bus.publish(aPublication(1))
  await until('the silence is noticed', () => !a!.bus.connected, 8_000)
  a!.bus.publish(aPublication(2))
  const before = b!.interruptions
  link.cut = false
  await until('the other compares', () => b!.interruptions > before)
  expect(b!.bus.connected).toBe(true)
})

test('a frozen Redis holds nobody up, and is noticed', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  redis.freeze()
  const startMs = Date.now()
  a.bus.publish(aPublication(1))
  await a.bus.subscribe('conversation:2')
  expect(Date.now() - startMs).toBeLessThan(1_000)
  const nextMs = Date.now()
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => a.bus.subscribe(`conversation:${index + 3}`)),
  )
  expect(Date.now() - nextMs).toBeLessThan(700)
  await until('both notice', () => !a.bus.connected && !b.bus.connected, 6_000)
  redis.thaw()
  await Promise.all([a, b].map(({ bus }) => connected(bus)))
  await untilCarried(a, b)
  b.bus.publish(aPublication(1, 'conversation:40'))
  await until('what was subscribed meanwhile is there', () => a.on('conversation:40').length > 0)
})

test('what is published while Redis is frozen costs little memory, and is let go', async () => {
  const redis = await aRedis()
  const [a] = await twoNodes(redis)
  redis.freeze()
  const data = JSON.stringify('x'.repeat(10_000))
  const before = process.memoryUsage().rss
  for (let offset = 0; offset < 30_000; offset++) {
    a.bus.publish({ channel: 'conversation:9', position: { epoch: 'e', offset }, data })
    if (offset % 100 === 0) await new Promise(setImmediate)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  redis.thaw()
})

test('a node starts without Redis, and joins once it is there', async () => {
  const redis = await aRedis({ started: false })
  const [a, b] = [1, 2].map(() =>
    listening(redisBus({ url: redis.url, prefix: 'parley', log: silentLog })),
  ) as [Listening, Listening]
  await Promise.all([a, b].map(({ bus }) => bus.subscribe('conversation:1')))
  a.bus.publish(aPublication(1))
  expect(a.on('conversation:1')).toHaveLength(1)
  await redis.start()
  await Promise.all([a, b].map(({ bus }) => connected(bus)))
  await untilCarried(a, b)
})

test('a slow Redis delays other nodes only', async () => {
  const redis = await aRedis()
  const link = await aSlowLink(redis)
  link.delayMs = 200
  const [a, b] = (await busesOn(link, 2)).map(listening) as [Listening, Listening]
  await Promise.all([a, b].map(({ bus }) => bus.subscribe('conversation:1')))
  a.bus.publish(aPublication(1))
  expect(a.on('conversation:1')).toHaveLength(1)
  await until('it arrives', () => b.on('conversation:1').length === 1)
  await sleep(4_500)
  expect([a.bus.connected, b.bus.connected]).toEqual([true, true])
})

test('installations with different prefixes do not hear each other', async () => {
  const redis = await aRedis()
  const [a, b, other] = ['one', 'one', 'two'].map((prefix) =>
    listening(redisBus({ url: redis.url, prefix, log: silentLog })),
  ) as [Listening, Listening, Listening]
  for (const { bus } of [a, b, other]) {
    await connected(bus)
    await bus.subscribe('conversation:1')
  }
  other.bus.control({ type: 'recheck', user: '2' })
  other.bus.publish(aPublication(2))
  a.bus.publish(aPublication(1))
  await until('it came', () => b.publications.length > 0)
  expect(b.on('conversation:1')).toEqual(['{"seq":1}'])
  expect(b.messages).toEqual([])
})

test('whatever others publish on its channels, a node goes on', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const stranger = redis.client()
  for (const text of ['', 'x', '1 x', '1 x\n', '1 x\n{', '1 x\n[1]\n', '1 x\nnull\n', '2 y\n{}\n'])
    for (const channel of ['control', ...Array.from({ length: 64 }, (_, each) => `bus:${each}`)])
      await stranger.publish(`parley:${channel}`, text)
  await untilCarried(a, b)
})

test('a wrong password is told without being shown', async () => {
  const redis = await aRedis({ args: ['--requirepass', 'the right one'] })
  const lines: string[] = []
  const keep = (fields: object, message: string) =>
    void lines.push(JSON.stringify([message, fields]))
  const log = { debug: keep, info: keep, warn: keep, error: keep }
  const url = redis.url.replace('redis://', 'redis://:wrong-secret@')
  const bus = redisBus({ url, prefix: 'parley', log })
  onTestFinished(() => bus.close())
  await until('it is told', () => lines.some((line) => line.includes('WRONGPASS')))
  expect(lines.join('\n')).not.toContain('wrong-secret')
  const right = redis.url.replace('redis://', `redis://:${encodeURIComponent('the right one')}@`)
  await busesOn({ url: right }, 1).then(([each]) => each!.close())
})
