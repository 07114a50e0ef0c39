import { randomUUID } from 'node:crypto'
import type { Centrifuge, PublicationContext, SubscriptionOptions } from 'centrifuge'
import { expect, test } from 'vitest'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { openWire } from '../wire.ts'

const room = 'conversation:1'

const jsonOf = (data: unknown) => JSON.parse(new TextDecoder().decode(data as Uint8Array))
const bytesOf = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))

/** The official client in its protobuf build; the server puts it on no conversation. */
async function aClient(app: TestApp, username = 'john'): Promise<Centrifuge> {
  const { bearer } = await signIn(app.url, username)
  const data = bytesOf({ authToken: bearer })
  const client = clientFor(app.gatewayUrl, { form: 'protobuf', data })
  client.connect()
  await client.ready(5_000)
  return client
}

async function onRoom(client: Centrifuge, options?: Partial<SubscriptionOptions>) {
  const subscription = client.newSubscription(room, options)
  const heard: [offset: number, content: string][] = []
  subscription.on('publication', ({ offset, data }: PublicationContext) => {
    if (offset) heard.push([offset, jsonOf(data).message.content])
  })
  subscription.subscribe()
  await subscription.ready(5_000)
  return { subscription, heard }
}

async function ask(client: Centrifuge, method: string, data: object) {
  return jsonOf((await client.rpc(method, bytesOf(data))).data)
}

const send = (client: Centrifuge, content: string) =>
  ask(client, 'messages.send', { conversationId: 1, content, clientKey: randomUUID() })

test('the official client in protobuf sends, hears, and looks into the past and the presence', async () => {
  const app = await startApp()
  const client = await aClient(app)
  const { subscription, heard } = await onRoom(client)
  const { message } = await send(client, 'héllo 👋')
  expect(message).toMatchObject({ content: 'héllo 👋', seq: 3 })
  await until('it was heard', () => heard.length === 1)
  expect(heard).toEqual([[3, 'héllo 👋']])

  const past = await subscription.history({ limit: -1 })
  expect(past.offset).toBe(3)
  expect(past.epoch).toBe(await app.db.changes.epoch())
  expect(past.publications.map(({ offset }) => offset)).toEqual([1, 2, 3])
  expect(jsonOf(past.publications[2]!.data).message).toEqual(message)
  const backward = await subscription.history({ limit: 2, reverse: true })
  expect(backward.publications.map(({ offset }) => offset)).toEqual([3, 2])

  const { clients } = await subscription.presence()
  expect(Object.values(clients)).toMatchObject([{ user: '1' }])
  expect(await subscription.presenceStats()).toEqual({ numClients: 1, numUsers: 1 })

  await expect(send(client, ' ')).rejects.toMatchObject({ code: 400 })
  await expect(subscription.publish(bytesOf({}))).rejects.toMatchObject({ code: 103 })

  const ended = new Promise((resolve) => subscription.once('unsubscribed', resolve))
  subscription.unsubscribe()
  await ended
  await until('it is no longer counted', async () => {
    const stats = await client.presenceStats(room)
    return stats.numClients === 0
  })
  await send(client, 'not heard')
  expect(heard.length).toBe(1)
  expect(client.state).toBe('connected')
})

test('the official client in protobuf resumes after a cut and is brought what it missed', async () => {
  const app = await startApp()
  const client = await aClient(app)
  const { subscription, heard } = await onRoom(client)
  await send(client, 'before')
  await until('it was heard', () => heard.length === 1)
  const resumed = new Promise<{ wasRecovering: boolean; recovered: boolean }>((resolve) =>
    subscription.once('subscribed', resolve),
  )
  await app.stop()
  for (const content of ['one', 'two'])
    await app.db.messages.send({ conversationId: 1, userId: 2, clientKey: randomUUID(), content })
  await app.start()
  expect(await resumed).toMatchObject({ wasRecovering: true, recovered: true })
  await until('what was missed came', () => heard.length === 3)
  await send(client, 'after')
  await until('it goes on', () => heard.length === 4)
  expect(heard).toEqual([
    [3, 'before'],
    [4, 'one'],
    [5, 'two'],
    [6, 'after'],
  ])
})

test('the official client in protobuf is put on its channels by the server', async () => {
  const app = await startApp()
  const { cookie } = await signIn(app.url, 'john')
  const client = clientFor(app.gatewayUrl, { form: 'protobuf', cookie })
  const screens = new Map<string, any>()
  client.on('subscribed', ({ channel, data }) => {
    screens.set(channel, data.length > 0 ? jsonOf(data) : undefined)
  })
  client.connect()
  await client.ready(5_000)
  expect(screens.get(room)).toMatchObject({ conversation: { id: 1, name: 'First thread' } })
  const created = await ask(client, 'conversations.create', { kind: 'public', name: 'Second' })
  const channel = `conversation:${created.conversation.id}`
  await until('it was put on the new one', () => screens.has(channel))
  expect(screens.get(channel)).toMatchObject({ conversation: { name: 'Second' } })
})

test('a JSON and a protobuf connection see the same publications in the same order', async () => {
  const app = await startApp()
  const [john, bill] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  const json = await openWire(app.gatewayUrl, { headers: { cookie: john.cookie } })
  const protobuf = await openWire(app.gatewayUrl, {
    form: 'protobuf',
    headers: { cookie: bill.cookie },
  })
  const [first, second] = [await json.connect(), await protobuf.connect()]
  expect(second.connect.subs[room].offset).toBe(first.connect.subs[room].offset)
  for (let count = 0; count < 20; count++)
    for (const wire of [json, protobuf])
      wire.send({
        id: 100 + count,
        rpc: {
          method: 'messages.send',
          data: { conversationId: 1, content: `no. ${count} 世界`, clientKey: randomUUID() },
        },
      })
  for (const wire of [json, protobuf])
    await until('all came', () => wire.publications(room).length === 40)
  expect(protobuf.publications(room)).toEqual(json.publications(room))
  expect(json.publications(room).map(({ offset }) => offset)).toEqual(
    Array.from({ length: 40 }, (_, index) => index + 3),
  )
})
