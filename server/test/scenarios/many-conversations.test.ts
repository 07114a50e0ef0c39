import { randomUUID } from 'node:crypto'
import { limits } from '@parley/protocol/limits'
import type { Centrifuge } from 'centrifuge'
import { expect, test } from 'vitest'
import { aCluster, clientFor, signIn, startApp, until, type Browser, type TestApp } from '../app.ts'
import { aRedis } from '../redis.ts'

const [john, bill] = [1, 2]
const seats = limits.conversationsPerSession

interface Device {
  client: Centrifuge
  /** What the server has put it on. */
  channels: Set<string>
  ended: string[]
  /** The latest that came with a subscription, by conversation. */
  screens: Map<number, any>
  heard: any[]
  left: number[]
  codes: number[]
}

const channelOf = (id: number) => `conversation:${id}`

/** Private ones of these people, the oldest first. */
async function manyConversations(
  { db }: TestApp,
  count: number,
  people: number[] = [john, bill],
): Promise<number[]> {
  const rows = await db.pool.query<{ id: number }>({
    text: `select (create_conversation_2('Room ' || n, 'private', null, $2)).id
      from generate_series(1, $1) n`,
    values: [count, people],
  })
  return rows.map(({ id }) => id)
}

async function aDevice({ gatewayUrl }: TestApp, { cookie }: Browser): Promise<Device> {
  const client = clientFor(gatewayUrl, { cookie })
  const device: Device = {
    ...{
      client,
      channels: new Set(),
      ended: [],
      screens: new Map(),
      heard: [],
      left: [],
      codes: [],
    },
  }
  client.on('subscribed', ({ channel, data }) => {
    device.channels.add(channel)
    if (data) device.screens.set(data.conversation.id, data.conversation)
  })
  client.on('unsubscribed', ({ channel }) => {
    device.channels.delete(channel)
    device.ended.push(channel)
  })
  client.on('publication', ({ data, offset }) => {
    if (data.type === 'conversation.left') device.left.push(data.conversationId)
    else if (offset) device.heard.push(data)
  })
  client.on('connecting', ({ code }) => device.codes.push(code))
  client.connect()
  await client.ready(20_000)
  return device
}

async function write(browser: Browser, id: number, content = 'hello'): Promise<void> {
  const body = { content, clientKey: randomUUID() }
  const { status } = await browser.call('POST', `/api/conversations/${id}/messages`, body)
  expect(status).toBe(200)
}

const untilTold = (device: Device, id: number, content: string) =>
  until(`${id} says ${content}`, () => device.screens.get(id)?.lastMessage?.content === content)

const compareRights = (browser: Browser) =>
  browser.call('PATCH', '/api/users/me/settings', { readReceipts: false })

test('whoever is in 600 conversations hears of each as soon as something is written there', async () => {
  const redis = { url: (await aRedis()).url, prefix: 'parley', keepHours: 1 }
  const [app, other] = (await aCluster({ redis })) as [TestApp, TestApp]
  const ids = await manyConversations(app, 600)
  const beyond = ids.slice(0, -seats)
  const [here, there] = [await signIn(app.url, 'john'), await signIn(other.url, 'bill')]
  const device = await aDevice(app, here)
  expect(device.channels.size).toBe(1 + seats)
  expect(beyond.filter((id) => device.channels.has(channelOf(id)))).toEqual([])

  for (const id of beyond.slice(0, 5)) await write(there, id, `hello in ${id}`)
  for (const id of beyond.slice(0, 5)) {
    await untilTold(device, id, `hello in ${id}`)
    expect(device.screens.get(id).unread).toBe(1)
  }
  await write(there, beyond[0]!, 'and again')
  await until('the next one is heard', () => device.heard.at(-1)?.message.content === 'and again')

  await compareRights(here)
  await write(there, beyond[5]!, 'later')
  await untilTold(device, beyond[5]!, 'later')
  expect(device.channels.size).toBe(1 + seats + 6)
  expect(device.ended).toEqual([])
})

test('what was written beyond the latest 500 while Redis was away arrives when it is back', async () => {
  const redis = await aRedis()
  const config = { redis: { url: redis.url, prefix: 'parley', keepHours: 1 } }
  const [app, other] = (await aCluster(config)) as [TestApp, TestApp]
  const [oldest] = await manyConversations(app, seats + 1)
  const there = await signIn(other.url, 'bill')
  const device = await aDevice(app, await signIn(app.url, 'john'))
  await redis.kill()
  await write(there, oldest!)
  await redis.start()
  await untilTold(device, oldest!, 'hello')
})

test('a change of any kind brings a conversation, and so does becoming a member of an old one', async () => {
  const app = await startApp()
  const [others] = await manyConversations(app, 1, [bill])
  const [oldest, second] = await manyConversations(app, seats + 2)
  const [here, there] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  const device = await aDevice(app, here)
  await app.db.members.changeRole(oldest!, bill, john, 'owner')
  await there.call('PATCH', `/api/conversations/${oldest}`, { name: 'Plans' })
  await until('its name is there', () => device.screens.get(oldest!)?.name === 'Plans')
  await there.call('POST', `/api/conversations/${others}/members`, { username: 'john' })
  await until('the old one is there', () => device.channels.has(channelOf(others!)))

  await here.call('POST', `/api/conversations/${second}/leave`)
  await until('the device knows', () => device.left.includes(second!))
  await write(there, second!, 'without john')
  await write(there, others!, 'with john')
  await until('john hears', () => device.heard.at(-1)?.message?.content === 'with john')
  expect(device.channels.has(channelOf(second!))).toBe(false)
})

test('a session that has come to more than 1,000 conversations begins anew with the latest', async () => {
  const app = await startApp()
  const old = await manyConversations(app, seats + 1, [bill])
  await manyConversations(app, seats)
  const here = await signIn(app.url, 'john')
  const device = await aDevice(app, here)
  for (const id of old) await app.db.members.add(id, john, bill, 'member')
  await compareRights(here)
  await until('it connects again', () => device.codes.includes(3011))
  await device.client.ready(20_000)
  expect(device.channels.size).toBe(1 + seats)
})
