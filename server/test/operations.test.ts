import { randomUUID } from 'node:crypto'
import { operationNames, operations, type OperationName } from '@parley/protocol/operations'
import type { Centrifuge } from 'centrifuge'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createPasswords } from '../src/chat/passwords.ts'
import { clientFor, signIn, startApp, type Browser, type TestApp } from './app.ts'
import { aConversation, aUser } from './database.ts'
import { openWire } from './wire.ts'

type Json = Record<string, any>

/** What an operation asks about. */
interface Place {
  conversationId: number
  messageId: number
  loginId: number
}

interface World {
  app: TestApp
  publicPlace: Place
  privatePlace: Place
  absentPlace: Place
}

/** One person at both doors. */
interface Person {
  browser: Browser
  client: Centrifuge
}

interface Entry {
  /** Input that succeeds for john. Asked for anew before each call; both answers have to agree. */
  allowed(world: World, call: number): Json | Promise<Json>
  /** What changes between two calls, where the answers cannot be the same. */
  differs?: string[]
  /** Input about a place; somebody who has no part in it is told "not found", wherever it is. */
  at?: (place: Place) => Json
  /** Why somebody who has no part in anything may ask too, of everybody or in public places. */
  openTo?: { whom: 'everybody' | 'public places'; because: string }
}

const keyed = { name: 'Plans', kind: 'private', clientKey: randomUUID() }
const message = { content: 'hello', clientKey: randomUUID() }
const edit = { content: 'hello again', clientKey: randomUUID() }

const table: Record<OperationName, Entry> = {
  'users.me': {
    allowed: () => ({}),
    openTo: { whom: 'everybody', because: 'it is about oneself' },
  },
  'users.changePassword': {
    allowed: (_world, call) => ({
      currentPassword: ['secret', 'a new secret'][call],
      newPassword: ['a new secret', 'a newer secret'][call],
    }),
    openTo: { whom: 'everybody', because: 'it asks for the password that it changes' },
  },
  'users.settings': {
    allowed: () => ({}),
    openTo: { whom: 'everybody', because: 'it is about oneself' },
  },
  'users.changeSettings': {
    allowed: () => ({ readReceipts: true, doNotDisturbUntil: '2026-02-01T09:30:00.000Z' }),
    openTo: { whom: 'everybody', because: 'it is about oneself' },
  },
  'users.changeProfile': {
    allowed: () => ({ fullName: 'John Doe', about: 'Here since the beginning' }),
    openTo: { whom: 'everybody', because: 'it is about oneself' },
  },
  'users.list': {
    allowed: () => ({ query: 'o', ids: [1, 3, 4] }),
    openTo: { whom: 'everybody', because: 'people who share a server find each other' },
  },
  'users.get': {
    allowed: () => ({ id: 2 }),
    openTo: { whom: 'everybody', because: 'people who share a server know each other' },
  },
  'logins.list': {
    allowed: () => ({}),
    differs: ['lastUsedAt'],
    openTo: { whom: 'everybody', because: 'it lists one’s own' },
  },
  'logins.revoke': {
    async allowed({ app }) {
      await signIn(app.url, 'john')
      const rows = await app.db.pool.query<{ id: number }>({
        text: 'select max(id) as id from auth_tokens where user_id = 1',
      })
      return { id: rows[0]!.id }
    },
    at: ({ loginId }) => ({ id: loginId }),
  },
  'logins.revokeOthers': {
    allowed: () => ({}),
    openTo: { whom: 'everybody', because: 'it ends one’s own' },
  },
  'conversations.list': {
    allowed: () => ({ limit: 10 }),
    openTo: { whom: 'everybody', because: 'it lists one’s own, or public ones' },
  },
  'conversations.create': {
    allowed: () => keyed,
    openTo: { whom: 'everybody', because: 'anybody may open a conversation' },
  },
  'conversations.direct': {
    allowed: () => ({ userIds: [2, 3] }),
    openTo: { whom: 'everybody', because: 'anybody may write to somebody' },
  },
  'conversations.change': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, topic: 'All of us' }),
    at: ({ conversationId }) => ({ id: conversationId, name: 'Mine' }),
  },
  'conversations.prefer': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, notify: 'mentions' }),
    at: ({ conversationId }) => ({ id: conversationId, favourite: true }),
  },
  'conversations.get': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId }),
    at: ({ conversationId }) => ({ id: conversationId }),
    openTo: { whom: 'public places', because: 'people look before they join' },
  },
  'conversations.join': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId }),
    at: ({ conversationId }) => ({ id: conversationId }),
    openTo: { whom: 'public places', because: 'that is what public means' },
  },
  'conversations.leave': {
    async allowed({ app, privatePlace }) {
      await app.db.members.add(privatePlace.conversationId, 1, 1, 'member')
      return { id: privatePlace.conversationId }
    },
    at: ({ conversationId }) => ({ id: conversationId }),
  },
  'conversations.read': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, seq: 3 }),
    at: ({ conversationId }) => ({ id: conversationId, seq: 1 }),
  },
  'conversations.markUnread': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, seq: 3 }),
    at: ({ conversationId }) => ({ id: conversationId, seq: 1 }),
  },
  'conversations.delivered': {
    allowed: ({ publicPlace }) => ({ positions: [{ id: publicPlace.conversationId, seq: 3 }] }),
    openTo: { whom: 'everybody', because: 'conversations of others are left out' },
  },
  'conversations.typing': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId }),
    at: ({ conversationId }) => ({ id: conversationId }),
  },
  'conversations.state': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId }),
    at: ({ conversationId }) => ({ id: conversationId }),
  },
  'conversations.changes': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, after: 0, limit: 3 }),
    at: ({ conversationId }) => ({ id: conversationId, after: 0 }),
  },
  'members.list': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, query: 'BIL' }),
    at: ({ conversationId }) => ({ id: conversationId }),
    openTo: { whom: 'public places', because: 'people look before they join' },
  },
  'members.change': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, userId: 2, role: 'admin' }),
    at: ({ conversationId }) => ({ id: conversationId, userId: 2, role: 'admin' }),
  },
  'members.add': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.conversationId, username: 'dora' }),
    at: ({ conversationId }) => ({ id: conversationId, username: 'dora' }),
  },
  'members.remove': {
    async allowed({ app, publicPlace }) {
      await app.db.members.add(publicPlace.conversationId, 4, 1, 'member')
      return { id: publicPlace.conversationId, userId: 4 }
    },
    at: ({ conversationId }) => ({ id: conversationId, userId: 2 }),
  },
  'messages.send': {
    allowed: ({ publicPlace }) => ({ conversationId: publicPlace.conversationId, ...message }),
    at: ({ conversationId }) => ({ conversationId, ...message }),
  },
  'messages.list': {
    allowed: ({ publicPlace }) => ({ conversationId: publicPlace.conversationId, before: 4 }),
    at: ({ conversationId }) => ({ conversationId }),
  },
  'messages.edit': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId, ...edit }),
    at: ({ messageId }) => ({ id: messageId, ...edit }),
  },
  'messages.get': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId }),
    at: ({ messageId }) => ({ id: messageId }),
  },
  'messages.react': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId, emoji: '👍', added: true }),
    at: ({ messageId }) => ({ id: messageId, emoji: '👍', added: true }),
  },
  'messages.pin': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId, pinned: true }),
    at: ({ messageId }) => ({ id: messageId, pinned: true }),
  },
  'messages.pinned': {
    allowed: ({ publicPlace }) => ({ conversationId: publicPlace.conversationId }),
    at: ({ conversationId }) => ({ conversationId }),
  },
  'messages.history': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId }),
    at: ({ messageId }) => ({ id: messageId }),
  },
  'messages.save': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId, saved: true }),
    at: ({ messageId }) => ({ id: messageId, saved: true }),
  },
  'messages.saved': {
    allowed: () => ({}),
    openTo: { whom: 'everybody', because: 'it lists one’s own' },
  },
  'messages.search': {
    allowed: ({ publicPlace }) => ({ conversationId: publicPlace.conversationId, query: 'HELLO' }),
    at: ({ conversationId }) => ({ conversationId, query: 'first' }),
  },
  'mentions.list': {
    allowed: () => ({}),
    openTo: { whom: 'everybody', because: 'it lists what mentions oneself' },
  },
  'messages.delete': {
    allowed: ({ publicPlace }) => ({ id: publicPlace.messageId }),
    at: ({ messageId }) => ({ id: messageId }),
  },
}

/** john (1) and bill (2) share a public and a private conversation; carol (3) and dora (4) are in none. */
async function aWorld(): Promise<World> {
  const app = await startApp()
  const carol = await aUser(app.db, 'carol')
  await app.db.logins.rehash(carol.id, '!', await createPasswords().hash('secret'))
  await aUser(app.db, 'dora')
  await signIn(app.url, 'john')
  const privateId = await aConversation(app.db, [2, 1], 'private')
  const placeIn = async (conversationId: number): Promise<Place> => {
    const sent = await app.db.messages.send({
      conversationId,
      userId: 1,
      clientKey: randomUUID(),
      content: 'first',
    })
    return { conversationId, messageId: sent.outcome === 'stored' ? sent.id : 0, loginId: 1 }
  }
  return {
    app,
    publicPlace: await placeIn(1),
    privatePlace: await placeIn(privateId),
    absentPlace: { conversationId: 999_999, messageId: 999_999, loginId: 999_999 },
  }
}

async function aPerson({ app }: World, username: string): Promise<Person> {
  const browser = await signIn(app.url, username)
  const client = clientFor(app.gatewayUrl, { cookie: browser.cookie })
  client.connect()
  await client.ready(5_000)
  return { browser, client }
}

/** One call through REST: path parts and query from the input, the rest as the body. */
function restRequest(name: OperationName, input: Json): { url: string; body?: Json } {
  const { method, path } = operations[name]
  const rest = { ...input }
  const url = path.replaceAll(/:(\w+)/g, (_, part: string) => {
    delete rest[part]
    return encodeURIComponent(textOf(input[part]))
  })
  if (method === 'POST' || method === 'PATCH') return { url, body: rest }
  const query = Object.entries(rest).map(([key, value]): [string, string] => [key, textOf(value)])
  return { url: query.length ? `${url}?${new URLSearchParams(query)}` : url }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isList = Array.isArray(value) && value.length > 1
  return isList ? value.join(',') : JSON.stringify(value)
}

async function overRest({ browser }: Person, name: OperationName, input: Json) {
  const { url, body } = restRequest(name, input)
  return browser.call(operations[name].method, url, body)
}

async function overRpc({ client }: Person, name: OperationName, input: unknown) {
  try {
    return { data: (await client.rpc(name, input)).data as Json }
  } catch (error) {
    return { error: error as { code: number; message: string } }
  }
}

/** The same value without the named fields, however deep. */
const without = (fields: string[], value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, each) => (fields.includes(key) ? undefined : each)))

test('the table names every operation, and says of each what others are answered', () => {
  expect(Object.keys(table).sort()).toEqual([...operationNames].sort())
  for (const [name, { at, openTo }] of Object.entries(table)) {
    expect(at !== undefined || openTo?.whom === 'everybody', name).toBe(true)
  }
})

test('nobody who is signed out gets anything through either door', async () => {
  const world = await aWorld()
  for (const name of operationNames) {
    const input = table[name].at?.(world.publicPlace) ?? (await table[name].allowed(world, 0))
    const { url, body } = restRequest(name, input)
    const answer = await fetch(world.app.url + url, {
      method: operations[name].method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    expect(answer.status, name).toBe(401)
    const { error } = (await answer.json()) as Json
    expect(error, name).toMatchObject({ name: 'unauthorized', code: 101 })
    const wire = await openWire(world.app.gatewayUrl)
    wire.send({ id: 1, connect: {} }, { id: 2, rpc: { method: name, data: input } })
    expect(await wire.reply(1), name).toEqual({
      id: 1,
      error: { code: 403, message: 'Unauthorized' },
    })
    wire.send({ id: 3, rpc: { method: name, data: input } })
    expect(await wire.end(), name).toEqual({ code: 3501, reason: 'bad request' })
    expect(wire.received.length, name).toBe(1)
  }
})

test('what exists for others and what does not exist are answered alike, through both doors', async () => {
  const world = await aWorld()
  const carol = await aPerson(world, 'carol')
  for (const name of operationNames) {
    const { at, openTo } = table[name]
    if (!at) continue
    const places = {
      absent: world.absentPlace,
      private: world.privatePlace,
      ...(!openTo && { public: world.publicPlace }),
    }
    for (const [what, place] of Object.entries(places)) {
      const rest = await overRest(carol, name, at(place))
      expect(rest, `${name} ${what}`).toEqual({
        status: 404,
        body: { error: { name: 'notFound', code: 404, message: 'not found' } },
      })
      const { error } = await overRpc(carol, name, at(place))
      expect(error, `${name} ${what}`).toEqual({
        code: 404,
        message: 'not found',
        temporary: false,
      })
    }
  }
  const { body } = await carol.browser.call('GET', '/api/conversations')
  expect(body.conversations).toEqual([])
})

test('a public conversation shows itself to everybody, and lets everybody in', async () => {
  const world = await aWorld()
  const carol = await aPerson(world, 'carol')
  const open = operationNames.filter((name) => table[name].openTo?.whom === 'public places')
  expect(open).toEqual(['conversations.get', 'conversations.join', 'members.list'])
  for (const name of open) {
    const rest = await overRest(carol, name, table[name].at!(world.publicPlace))
    expect(rest.status, name).toBe(200)
    await world.app.db.members.remove(world.publicPlace.conversationId, 3, 1)
    const rpc = await overRpc(carol, name, table[name].at!(world.publicPlace))
    expect(rpc.error, name).toBeUndefined()
  }
})

test('a member is answered the same through both doors, in the shape that was promised', async () => {
  const world = await aWorld()
  const john = await aPerson(world, 'john')
  // Last: it ends john's other logins, which logins.revoke needs.
  const names = operationNames.filter((name) => name !== 'users.changePassword')
  for (const name of [...names, 'users.changePassword'] as const) {
    const { allowed, differs = [] } = table[name]
    const rest = await overRest(john, name, await allowed(world, 0))
    expect(rest, name).toMatchObject({ status: 200 })
    const rpc = await overRpc(john, name, await allowed(world, 1))
    expect(rpc.error, name).toBeUndefined()
    // Parsing drops what the schema does not name: nothing may be dropped.
    for (const output of [rest.body, rpc.data])
      expect(operations[name].output.parse(output), name).toEqual(output)
    expect(without(differs, rpc.data), name).toEqual(without(differs, rest.body))
  }
})

const notNumbers = [
  { $ne: 1 },
  {},
  [1],
  null,
  true,
  'NaN',
  'Infinity',
  '1e308',
  '0x1',
  ' 1',
  '',
  -1,
  1.5,
  1e308,
  2 ** 53,
]
const notTexts = [{ $ne: 'x' }, ['x'], null, 7, true]
const unstorable = 'a\0b \ud800'
const notLists = [{ $ne: 1 }, 'x', null, 7, [{ $ne: 1 }]]
const notTruths = [{ $ne: true }, ['x'], null, 7, 'true']
const wrong: Record<string, unknown[]> = {
  integer: notNumbers,
  array: notLists,
  boolean: notTruths,
}

/** Values that each field of an operation's input must refuse. */
function wrongValues(name: OperationName): [field: string, value: unknown][] {
  const schema = z.toJSONSchema(operations[name].input, { io: 'input', unrepresentable: 'any' })
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => {
    const { type, anyOf = [] } = property as { type?: string; anyOf?: { type: string }[] }
    const isNullable = anyOf.some((each) => each.type === 'null')
    const values = (wrong[type ?? ''] ?? notTexts).filter((value) => value !== null || !isNullable)
    return values.map((value): [string, unknown] => [field, value])
  })
}

/** In a URL everything is text: a number or a word is a good text, and for numbers text is read. */
function travelsAsText(name: OperationName, field: string): boolean {
  const { method, path } = operations[name]
  return method === 'GET' || method === 'DELETE' || path.includes(`:${field}`)
}

describe('a value of the wrong kind is refused with the name of its field', () => {
  test.each(operationNames.filter((name) => wrongValues(name).length > 0))('%s', async (name) => {
    const world = await aWorld()
    const [john, bill] = [await aPerson(world, 'john'), await aPerson(world, 'bill')]
    const good = table[name].at?.(world.publicPlace) ?? (await table[name].allowed(world, 0))
    for (const [field, value] of wrongValues(name)) {
      const what = `${field} ${JSON.stringify(value)}`
      const input = { ...good, [field]: value }
      const { error } = await overRpc(bill, name, input)
      expect(error, what).toMatchObject({ code: 400 })
      expect(error!.message, what).toMatch(new RegExp(`^${field}(\\.\\w+)*: `))
      const isText = z.string().safeParse(good[field] ?? 'text').success
      // In a URL a number is a list of one.
      if (Array.isArray(good[field]) && typeof value === 'number' && travelsAsText(name, field))
        continue
      if (travelsAsText(name, field) && isText) continue
      // An empty path part is another path.
      if (value === '' && travelsAsText(name, field)) continue
      const rest = await overRest(john, name, input)
      expect(rest, what).toMatchObject({ status: 400, body: { error: { name: 'invalidInput' } } })
      expect(rest.body.error.field, what).toMatch(new RegExp(`^${field}(\\.\\w+)*$`))
    }
  })
})

test('input that is no object is refused', async () => {
  const world = await aWorld()
  const john = await aPerson(world, 'john')
  for (const name of operationNames) {
    for (const input of [[], 'text', 7, true]) {
      const { error } = await overRpc(john, name, input)
      expect(error, `${name} ${JSON.stringify(input)}`).toMatchObject({ code: 400 })
      const { method } = operations[name]
      if (method !== 'POST' && method !== 'PATCH') continue
      const { url } = restRequest(name, await table[name].allowed(world, 0))
      const rest = await john.browser.call(method, url, input)
      expect(rest, name).toMatchObject({ status: 400, body: { error: { name: 'invalidInput' } } })
    }
  }
})

test('text that PostgreSQL cannot store is refused, or does no harm', async () => {
  const world = await aWorld()
  const john = await aPerson(world, 'john')
  for (const name of operationNames) {
    for (const [field, value] of wrongValues(name)) {
      if (value !== notTexts[0]) continue
      const input = { ...(await table[name].allowed(world, 0)), [field]: unstorable }
      const rest = await overRest(john, name, input)
      expect(rest.status, `${name} ${field}`).toBeLessThan(500)
      const { error } = await overRpc(john, name, input)
      expect(error?.code, `${name} ${field}`).not.toBe(100)
    }
  }
})

test('a body cannot speak for another id than the path', async () => {
  const world = await aWorld()
  const john = await aPerson(world, 'john')
  const { publicPlace, privatePlace } = world
  for (const name of operationNames) {
    const { method, path } = operations[name]
    const parts = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
    if (method !== 'POST' && method !== 'PATCH') continue
    if (parts.length === 0 || name === 'conversations.leave') continue
    const here = table[name].at!(publicPlace)
    const there = table[name].at!(privatePlace)
    const { url, body } = restRequest(name, here)
    const ids = Object.fromEntries(parts.map((part) => [part, there[part]]))
    const answer = await john.browser.call(method, url, { ...body, ...ids })
    expect(answer.status, name).toBe(200)
  }
  const { messages } = (
    await john.browser.call('GET', `/api/conversations/${privatePlace.conversationId}/messages`)
  ).body
  expect(messages).toMatchObject([{ content: 'first', editedAt: null }])
  const { members } = (
    await john.browser.call('GET', `/api/conversations/${privatePlace.conversationId}`)
  ).body
  expect(members.length).toBe(2)
})
