import { randomUUID } from 'node:crypto'
import type { Change } from '@parley/protocol/changes'
import type { Centrifuge } from 'centrifuge'
import { expect, test } from 'vitest'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'

interface Person {
  client: Centrifuge
  changes: Change[]
  send(content: string, key?: string): Promise<{ message: { id: number; seq: number } }>
}

async function person(app: TestApp, username: string): Promise<Person> {
  const { cookie } = await signIn(app.url, username)
  const client = clientFor(app.gatewayUrl, { cookie })
  const changes: Change[] = []
  client.on('publication', ({ channel, data, offset }) => {
    if (channel === 'conversation:1' && offset) changes.push(data)
  })
  client.connect()
  await client.ready(5_000)
  return {
    client,
    changes,
    send: async (content, clientKey = randomUUID()) =>
      (await client.rpc('messages.send', { conversationId: 1, content, clientKey })).data,
  }
}

const texts = ({ changes }: Person) =>
  changes.map((change) => ('message' in change ? change.message.content : change.type))

test('two people chat: each sees every message once, in order', async () => {
  const app = await startApp()
  const [john, bill] = [await person(app, 'john'), await person(app, 'bill')]
  await john.send('hello bill')
  await bill.send('hello john')
  await until('both have both', () => john.changes.length === 2 && bill.changes.length === 2)
  expect(texts(john)).toEqual(['hello bill', 'hello john'])
  expect(texts(bill)).toEqual(['hello bill', 'hello john'])
})

test('the connect reply holds who I am, and each conversation read at exactly its offset', async () => {
  const app = await startApp()
  const { cookie } = await signIn(app.url, 'john')
  const client = clientFor(app.gatewayUrl, { cookie })
  const subscribed: any[] = []
  client.on('subscribed', (context) => subscribed.push(context))
  const connected = new Promise<any>((resolve) => client.on('connected', resolve))
  client.connect()
  const { user, time } = (await connected).data
  expect(user).toEqual({ id: 1, username: 'john' })
  expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000)
  await until('the subscriptions are there', () => subscribed.length === 2)
  const room = subscribed.find(({ channel }) => channel === 'conversation:1')
  expect(room).toMatchObject({
    recoverable: true,
    positioned: true,
    streamPosition: { offset: 2 },
    data: { conversation: { id: 1, name: 'First thread', lastSeq: 2, unread: 0, role: 'owner' } },
  })
})

test('a server that was away for two messages brings them once and in order', async () => {
  const app = await startApp()
  const [john, bill] = [await person(app, 'john'), await person(app, 'bill')]
  await john.send('before')
  await until('bill has it', () => bill.changes.length === 1)
  await app.stop()
  const write = (content: string) =>
    app.db.messages.send({ conversationId: 1, userId: 1, clientKey: randomUUID(), content })
  await write('while away 1')
  await write('while away 2')
  await app.start()
  await until('bill has all', () => bill.changes.length >= 3)
  await bill.send('after')
  await until('both have all', () => bill.changes.length >= 4 && john.changes.length >= 4)
  expect(texts(bill)).toEqual(['before', 'while away 1', 'while away 2', 'after'])
  expect(texts(john)).toEqual(['before', 'while away 1', 'while away 2', 'after'])
})

test('somebody who is removed gets the entry that says so and nothing after it', async () => {
  const app = await startApp()
  const [john, bill] = [await person(app, 'john'), await person(app, 'bill')]
  const ended: string[] = []
  bill.client.on('unsubscribed', ({ channel }) => ended.push(channel))
  await john.client.rpc('members.remove', { id: 1, userId: 2 })
  await john.send('bill is gone')
  await until('john has both', () => john.changes.length === 2)
  expect(ended).toEqual(['conversation:1'])
  expect(texts(bill)).toEqual(['member.left'])
  await expect(bill.send('still here?')).rejects.toMatchObject({ code: 404 })
})

test('somebody who is added is on the conversation at once, with its first screen', async () => {
  const app = await startApp()
  const [john, bill] = [await person(app, 'john'), await person(app, 'bill')]
  const subscribed: any[] = []
  bill.client.on('subscribed', (context) => subscribed.push(context))
  const { data } = await john.client.rpc('conversations.create', { name: 'Plans', kind: 'private' })
  const { id } = data.conversation
  await john.client.rpc('messages.send', {
    conversationId: id,
    content: 'psst',
    clientKey: randomUUID(),
  })
  await john.client.rpc('members.add', { id, username: 'BILL' })
  await until('bill is on it', () => subscribed.length === 1)
  expect(subscribed[0]).toMatchObject({
    channel: `conversation:${id}`,
    data: { conversation: { name: 'Plans', unread: 0, lastMessage: { content: 'psst' } } },
  })
})
