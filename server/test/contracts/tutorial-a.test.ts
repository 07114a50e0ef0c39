import { randomUUID } from 'node:crypto'
import { Centrifuge } from 'centrifuge'
import { Centrifuge as Centrifuge3 } from 'centrifuge-3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { signIn, startApp, until, type Browser, type TestApp } from '../app.ts'
import { aConversation } from '../database.ts'
import { openWire, type Wire } from '../wire.ts'

interface ThreadMessage {
  id: number
  user: { id: number; username: string }
  text: string
}

/** What the tutorial's chat page does: the list is the answer, and then what `chat` brings. */
interface ChatPage {
  client: Centrifuge
  messages: ThreadMessage[]
  /** Publications of `chat`, whatever thread they are of. */
  publications: any[]
  subscribed: any[]
  load(): Promise<void>
  /** Cuts the connection without a closing handshake, as a lost network does. */
  cut(): void
}

interface PageOptions {
  sdk?: typeof Centrifuge
  /** Cuts the connection as soon as a frame holds this, before a further one is looked at. */
  cutAfter?: string
}

const sdks: [version: string, sdk: typeof Centrifuge][] = [
  ['centrifuge 5.8', Centrifuge],
  ['centrifuge 3.1', Centrifuge3 as unknown as typeof Centrifuge],
]

async function aChatPage(
  { gatewayUrl }: TestApp,
  authToken: string,
  { sdk = Centrifuge, cutAfter }: PageOptions = {},
): Promise<ChatPage> {
  const sockets: WebSocket[] = []
  class PageSocket extends WebSocket {
    constructor(address: string) {
      super(address, [], { allowSynchronousEvents: false })
      sockets.push(this)
      this.on('message', (data: Buffer) => {
        if (cutAfter && data.includes(cutAfter)) this.terminate()
      })
    }
  }
  const client = new sdk(gatewayUrl, {
    data: { authToken },
    websocket: PageSocket,
    minReconnectDelay: 10,
    maxReconnectDelay: 50,
  })
  onTestFinished(() => client.disconnect())
  const page: ChatPage = {
    client,
    messages: [],
    publications: [],
    subscribed: [],
    load: () =>
      client.rpc('thread:history', { id: 1, authToken }).then(({ data }) => {
        page.messages = data.messages
      }),
    cut: () => sockets.at(-1)?.terminate(),
  }
  client.on('subscribed', (context) => page.subscribed.push(context))
  client.on('publication', ({ channel, data }) => {
    if (channel !== 'chat' || data.type !== 'message') return
    page.publications.push(data)
    if (data.thread.id === 1) page.messages.push(data.message)
  })
  client.connect()
  await client.ready(5_000)
  return page
}

const connect = async (app: TestApp, request: object, headers?: Record<string, string>) =>
  (await openWire(app.gatewayUrl, headers && { headers })).connect(request)

/** A bare connection of the tutorial's kind, and its thread calls. */
async function aThreadCaller(app: TestApp, authToken: string) {
  const wire = await openWire(app.gatewayUrl)
  await wire.connect({ data: { authToken } })
  let id = 1
  const call = async (method: string, data: object) => {
    const reply = await wire.ask({ id: ++id, rpc: { method, data } })
    return reply.error ?? reply.rpc.data
  }
  return { wire, call }
}

const write = (app: TestApp, content: string, conversationId = 1, userId = 1) =>
  app.db.messages.send({ conversationId, userId, clientKey: randomUUID(), content })

const idsIn = async (app: TestApp) =>
  (await app.db.messages.newest(1, 1_000)).map((message) => message.id)

const ids = (messages: ThreadMessage[]) => messages.map((message) => message.id)

const unauthorized = { code: 403, message: 'Unauthorized' }
const notFound = { code: 404, message: 'not found' }

describe('connecting with the page’s token (A2)', () => {
  test('answers who I am and the channel chat, and nothing that expires', async () => {
    const app = await startApp()
    await write(app, 'one')
    const sent = await write(app, 'two')
    await write(app, 'secret', await aConversation(app.db, [1, 2], 'private'))
    const { bearer } = await signIn(app.url, 'john')
    const { connect: result } = await connect(app, { data: { authToken: bearer } })
    expect(result).toEqual({
      client: expect.stringMatching(/^[0-9a-f-]{36}$/),
      version: expect.stringMatching(/./),
      data: { user: { id: 1, username: 'john' } },
      ping: 25,
      pong: true,
      subs: {
        chat: {
          recoverable: true,
          positioned: true,
          epoch: await app.db.changes.epoch(),
          offset: sent.outcome === 'stored' && sent.id,
        },
      },
    })
  })

  test.each(sdks)('works with %s, on every page and again after a cut', async (_version, sdk) => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'bill')
    const [page, other] = [
      await aChatPage(app, bearer, { sdk }),
      await aChatPage(app, bearer, { sdk }),
    ]
    const connected: any[] = []
    page.client.on('connected', (context) => connected.push(context.data))
    page.cut()
    await until('it is back', () => connected.length === 1)
    expect(connected).toEqual([{ user: { id: 2, username: 'bill' } }])
    expect(page.subscribed.map(({ channel, recovered }) => [channel, recovered])).toEqual([
      ['chat', false],
      ['chat', true],
    ])
    expect(other.client.state).toBe('connected')
  })

  test('shows the same token on every page, and one of its own for every login', async () => {
    const app = await startApp()
    const [one, two] = [await signIn(app.url, 'john'), await signIn(app.url, 'john')]
    const page = await (await one.fetch('/')).text()
    expect(page).toContain(`<meta name="x-bearer" content="${one.bearer}">`)
    expect(page).toContain('<div id="app">')
    expect(two.bearer).not.toBe(one.bearer)
  })

  test('refuses a credential that is missing or bad', async () => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'john')
    const flipped = (bearer.startsWith('A') ? 'B' : 'A') + bearer.slice(1)
    const tries: object[] = [{}, { data: {} }, { data: null }, { data: 'text' }]
    for (const authToken of [flipped, '', 'x', 7, true, { $ne: 1 }, [bearer], `${bearer} `])
      tries.push({ data: { authToken } })
    for (const token of [flipped, 'x', 'a.b.c']) tries.push({ token })
    for (const request of tries)
      expect(await connect(app, request), JSON.stringify(request)).toEqual({
        id: 1,
        error: unauthorized,
      })
  })

  test('never skips a bad credential for a good one that comes later', async () => {
    const app = await startApp()
    const { bearer, cookie } = await signIn(app.url, 'john')
    const good = { data: { authToken: bearer } }
    const refused = { id: 1, error: unauthorized }
    expect(await connect(app, { token: 'bad', ...good }, { cookie })).toEqual(refused)
    expect(await connect(app, { data: { authToken: 'bad' } }, { cookie })).toEqual(refused)
    expect(await connect(app, { token: 'bad' }, { cookie })).toEqual(refused)
    const user = { user: { id: 1, username: 'john' } }
    const withBoth = { token: bearer, data: { authToken: 'bad' } }
    expect((await connect(app, withBoth)).connect.data).toMatchObject(user)
    expect((await connect(app, {}, { cookie })).connect.data).toMatchObject(user)
  })

  test('is all the token is good for: as a cookie it is nobody', async () => {
    const app = await startApp()
    const { bearer, cookie } = await signIn(app.url, 'john')
    const name = /(\w+)=[\w-]{43}/.exec(cookie)![1]!
    const forged = { cookie: `${name}=${bearer}` }
    expect(cookie).not.toContain(bearer)
    const page = await fetch(app.url, { headers: forged, redirect: 'manual' })
    expect([page.status, page.headers.get('location')]).toEqual([302, '/login'])
    const me = await fetch(`${app.url}/api/users/me`, { headers: forged })
    expect(me.status).toBe(401)
    expect(await connect(app, {}, forged)).toEqual({ id: 1, error: unauthorized })
    const stolen = /[\w-]{43}/.exec(cookie)![0]
    expect(await connect(app, { data: { authToken: stolen } })).toEqual({
      id: 1,
      error: unauthorized,
    })
  })
})

async function signOut({ fetch, cookie }: Browser): Promise<void> {
  const page = await fetch('/')
  const csrf = /name="csrf-token" (?:value|content)="([^"]+)"/.exec(await page.text())![1]!
  const csrfCookie = page.headers.getSetCookie().map((each) => each.split(';')[0])
  const login = cookie.split('; ').find((each) => each.startsWith('parley_login='))
  const answer = await fetch('/logout', {
    method: 'POST',
    body: new URLSearchParams({ 'csrf-token': csrf }),
    headers: { cookie: [login, ...csrfCookie].join('; ') },
  })
  expect(answer.status).toBe(302)
}

async function revokeOthers({ call }: Browser): Promise<void> {
  const { body } = await call('GET', '/api/logins')
  for (const login of body.logins)
    if (!login.current) await call('DELETE', `/api/logins/${login.id}`)
}

describe('a login that ends', () => {
  test.each([
    ['by signing out', async (_app: TestApp, browser: Browser) => signOut(browser)],
    [
      'by being revoked elsewhere',
      async (app: TestApp) => revokeOthers(await signIn(app.url, 'john')),
    ],
  ])('%s takes its sockets and its token along', async (_how, endLogin) => {
    const app = await startApp()
    const browser = await signIn(app.url, 'john')
    const authToken = browser.bearer
    const { wire, call } = await aThreadCaller(app, authToken)
    const bill = await aChatPage(app, (await signIn(app.url, 'bill')).bearer)
    expect(await call('thread:history', { id: 1, authToken })).toEqual({ messages: [] })
    await endLogin(app, browser)
    expect(await wire.end()).toEqual({ code: 3500, reason: 'invalid token' })
    expect(await connect(app, { data: { authToken } })).toEqual({ id: 1, error: unauthorized })
    expect(bill.client.state).toBe('connected')
  })
})

describe('thread calls (A3)', () => {
  test('answer history and publish exactly as the tutorial reads them', async () => {
    const app = await startApp()
    const authToken = (await signIn(app.url, 'john')).bearer
    const { wire, call } = await aThreadCaller(app, authToken)
    const published = await call('thread:publish', { id: 1, message: 'hi <b>', authToken })
    const message = {
      id: expect.any(Number),
      user: { id: 1, username: 'john' },
      text: 'hi <b>',
    }
    const thread = { id: 1, name: 'First thread' }
    expect(published).toEqual({ message, thread })
    const { id } = published.message
    await until('it is on chat', () => wire.publications('chat').length === 1)
    expect(wire.publications('chat')).toEqual([
      { data: { type: 'message', message: { ...message, id }, thread }, offset: id },
    ])
    expect(await call('thread:history', { id: 1, authToken })).toEqual({
      messages: [{ ...message, id }],
    })
  })

  test('store a publish with a clientKey once', async () => {
    const app = await startApp()
    const authToken = (await signIn(app.url, 'john')).bearer
    const { wire, call } = await aThreadCaller(app, authToken)
    const draft = { id: 1, message: 'once', clientKey: randomUUID(), authToken }
    const [first, again] = [
      await call('thread:publish', draft),
      await call('thread:publish', draft),
    ]
    expect(again).toEqual(first)
    expect(await call('thread:publish', { ...draft, message: 'other' })).toMatchObject({
      code: 409,
    })
    await call('thread:publish', { id: 1, message: 'last', authToken })
    await until('the last is on chat', () => wire.publications('chat').length >= 2)
    expect(wire.publications('chat').map(({ data }) => data.message.text)).toEqual(['once', 'last'])
  })

  test('refuse a token that is missing, bad or another person’s before anything else', async () => {
    const app = await startApp()
    const authToken = (await signIn(app.url, 'john')).bearer
    const billsToken = (await signIn(app.url, 'bill')).bearer
    const johnsOther = (await signIn(app.url, 'john')).bearer
    const { wire, call } = await aThreadCaller(app, authToken)
    for (const method of ['thread:history', 'thread:publish', 'no:such', ''])
      for (const token of [undefined, null, '', 'bad', billsToken, 7, { $ne: 1 }, [authToken]])
        expect(
          await call(method, { id: 1, message: 'x', authToken: token }),
          `${method} ${JSON.stringify(token)}`,
        ).toEqual(unauthorized)
    expect(wire.ended).toBeUndefined()
    expect(await call('thread:history', { id: 1, authToken: johnsOther })).toEqual({
      messages: [],
    })
  })

  test('say "Not found" in a successful reply to a method there is not', async () => {
    const app = await startApp()
    const authToken = (await signIn(app.url, 'john')).bearer
    const { call } = await aThreadCaller(app, authToken)
    for (const method of ['thread:delete', 'no:such', 'history', '', 'constructor', '__proto__'])
      expect(await call(method, { id: 1, authToken }), method).toEqual({
        error: 'Not found',
        code: 404,
      })
  })

  test('answer alike for a thread that is absent and one that is not mine', async () => {
    const app = await startApp()
    const bills = await aConversation(app.db, [2], 'private')
    const publicOfBill = await aConversation(app.db, [2])
    const authToken = (await signIn(app.url, 'john')).bearer
    const { call } = await aThreadCaller(app, authToken)
    for (const id of [999, bills, publicOfBill, 0, -1])
      for (const method of ['thread:history', 'thread:publish'])
        expect(await call(method, { id, message: 'x', authToken }), `${method} ${id}`).toEqual(
          notFound,
        )
  })

  test('name the field of bad input', async () => {
    const app = await startApp()
    const authToken = (await signIn(app.url, 'john')).bearer
    const { call } = await aThreadCaller(app, authToken)
    const cases: [method: string, field: string, values: unknown[]][] = [
      ['thread:history', 'id', [undefined, null, '1', 1.5, 1e308, { $ne: 1 }, [1]]],
      ['thread:history', 'limit', [0, -1, 1_001, '5', null]],
      ['thread:history', 'before', [0, -1, '5', null, {}]],
      ['thread:publish', 'id', [undefined, '1', {}]],
      ['thread:publish', 'message', [undefined, null, '', ' \n\t', 7, {}, 'a\0b', '\ud800']],
      ['thread:publish', 'message', ['x'.repeat(10_001)]],
      ['thread:publish', 'clientKey', ['x', 7, null]],
    ]
    for (const [method, field, values] of cases)
      for (const value of values) {
        const answer = await call(method, { id: 1, message: 'x', authToken, [field]: value })
        const what = `${method} ${field} ${JSON.stringify(value)}`
        expect(answer, what).toEqual({
          code: 400,
          message: expect.stringMatching(new RegExp(`^${field}: `)),
        })
      }
    expect(await call('thread:history', { id: 1, authToken })).toEqual({ messages: [] })
  })

  test('give the newest, ascending, without deleted ones, and pages before an id', async () => {
    const app = await startApp()
    const browser = await signIn(app.url, 'john')
    const authToken = browser.bearer
    const { call } = await aThreadCaller(app, authToken)
    for (let number = 0; number < 1_010; number++) void write(app, `message ${number}`)
    await write(app, 'last')
    const all = await idsIn(app)
    const history = async (more: object) =>
      ids((await call('thread:history', { id: 1, authToken, ...more })).messages)
    expect(await history({})).toEqual(all)
    expect(all.length).toBe(1_000)
    expect(await history({ limit: 3 })).toEqual(all.slice(-3))
    expect(await history({ limit: 3, before: all.at(-2) })).toEqual(all.slice(-5, -2))
    expect((await history({ before: all[0]! })).length).toBe(11)
    await browser.call('DELETE', `/api/messages/${all.at(-2)}`)
    expect(await history({ limit: 3 })).toEqual([all.at(-4), all.at(-3), all.at(-1)])
  })
})

describe('the channel chat', () => {
  test('carries a message once, whichever door it came through, to its sender too', async () => {
    const app = await startApp()
    const john = await signIn(app.url, 'john')
    const authToken = john.bearer
    const { wire, call } = await aThreadCaller(app, authToken)
    const bill = await aChatPage(app, (await signIn(app.url, 'bill')).bearer)
    const send = (content: string) => ({ content, clientKey: randomUUID() })
    await call('thread:publish', { id: 1, message: 'by thread', authToken })
    await call('messages.send', { conversationId: 1, ...send('by rpc') })
    await john.call('POST', '/api/conversations/1/messages', send('by rest'))
    await john.fetch('/api/ws/messages', {
      method: 'POST',
      headers: { 'x-internal-token': 'internal-secret', 'content-type': 'application/json' },
      body: JSON.stringify({ conversation_id: 1, sender_id: 1, content: 'internally' }),
    })
    const last = await john.call('POST', '/api/conversations/1/messages', send('the last'))
    const { id } = last.body.message
    await john.call('PATCH', `/api/messages/${id}`, { content: 'edited' })
    await john.call('DELETE', `/api/messages/${id}`)
    await call('thread:publish', { id: 1, message: 'the end', authToken })
    const expected = ['by thread', 'by rpc', 'by rest', 'internally', 'the last', 'the end']
    await until('the end is everywhere', () =>
      [wire.publications('chat'), bill.publications].every((each) => each.length >= 6),
    )
    expect(wire.publications('chat').map(({ data }) => data.message.text)).toEqual(expected)
    expect(bill.publications.map(({ message }) => message.text)).toEqual(expected)
    await bill.load()
    expect(bill.messages.map(({ text }) => text)).toEqual(expected.toSpliced(4, 1))
  })

  test('carries other public conversations, and nothing of private ones', async () => {
    const app = await startApp()
    const open = await aConversation(app.db, [2])
    const closed = await aConversation(app.db, [1, 2], 'private')
    const bill = await signIn(app.url, 'bill')
    const { wire, call } = await aThreadCaller(app, (await signIn(app.url, 'john')).bearer)
    for (const id of [closed, open, closed]) {
      const { status } = await bill.call('POST', `/api/conversations/${id}/messages`, {
        content: `to ${id}`,
        clientKey: randomUUID(),
      })
      expect(status).toBe(200)
    }
    await call('messages.send', { conversationId: 1, content: 'end', clientKey: randomUUID() })
    await until('the end is there', () => wire.publications('chat').length >= 2)
    expect(wire.publications('chat').map(({ data }) => data.thread)).toEqual([
      { id: open, name: 'Room' },
      { id: 1, name: 'First thread' },
    ])
    const recovered = await connect(app, {
      data: { authToken: (await signIn(app.url, 'john')).bearer },
      subs: { chat: { recover: true, epoch: await app.db.changes.epoch(), offset: 0 } },
    })
    const { publications } = recovered.connect.subs.chat
    expect(publications.map(({ data }: any) => data.thread.id)).toEqual([open, 1])
  })

  test.each(sdks)('brings %s what was written while it was cut off', async (_version, sdk) => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'john')
    const page = await aChatPage(app, bearer, { sdk })
    const bill = await aThreadCaller(app, (await signIn(app.url, 'bill')).bearer)
    const send = (content: string) =>
      bill.call('messages.send', { conversationId: 1, content, clientKey: randomUUID() })
    await page.load()
    await send('before')
    await until('it has one', () => page.messages.length === 1)
    for (let round = 0; round < 10; round++) {
      const sends = Array.from({ length: 8 }, (_, index) => send(`${round} ${index}`))
      await sends[round % 8]
      page.cut()
      await Promise.all(sends)
      await send(`end of ${round}`)
      const has = (text: string) => page.messages.some((message) => message.text === text)
      await until('it has the end', () => has(`end of ${round}`))
    }
    expect(ids(page.messages)).toEqual(await idsIn(app))
  })

  test.each(sdks)('brings %s what was written while the server was away', async (_version, sdk) => {
    const app = await startApp()
    const page = await aChatPage(app, (await signIn(app.url, 'john')).bearer, { sdk })
    await page.load()
    await write(app, 'behind the hub’s back')
    await app.stop()
    for (let number = 0; number < 50; number++) await write(app, `while away ${number}`)
    await app.start()
    await until('it has all', () => page.messages.length >= 51)
    expect(ids(page.messages)).toEqual(await idsIn(app))
    expect(page.subscribed.at(-1)).toMatchObject({ channel: 'chat', recovered: true })
  })
})

/** Lets the event loop turn some times: where a race begins, not how long it lasts. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

interface Race {
  page: ChatPage
  writers: Wire[]
  /** Conversations written to; those of several are numbered on `chat` out of order. */
  conversations: number[]
}

async function runRound({ page, writers, conversations }: Race, round: number) {
  let id = 1_000 * (round + 1)
  const send = (conversationId: number, content: string) => {
    const data = { conversationId, content, clientKey: randomUUID() }
    const writer = writers[id % writers.length]!
    return writer.ask({ id: id++, rpc: { method: 'messages.send', data } })
  }
  const pause = () => turns(Math.floor(Math.random() * 12))
  const sends: Promise<unknown>[] = []
  const writing = (async () => {
    for (let number = 0; number < 5; number++) {
      await pause()
      for (const conversationId of conversations)
        sends.push(send(conversationId, `${round} ${number}`))
    }
  })()
  await pause()
  await page.load()
  await writing
  await Promise.all(sends)
  const { message } = (await send(1, `end of ${round}`)).rpc.data
  await until('the end is there', () => page.messages.some((each) => each.id === message.id))
}

describe('a message that arrives while thread:history is under way', () => {
  test.each([
    ['reaches the page once', undefined, [1, 2]],
    // Only one: what commits out of order while the page is away, `chat` alone may miss.
    ['reaches the page once, also when the connection is cut right after the answer', '"rpc"', [1]],
  ])('%s', async (_what, cutAfter, conversations) => {
    const app = await startApp()
    await aConversation(app.db, [1, 2])
    const page = await aChatPage(app, (await signIn(app.url, 'john')).bearer, {
      ...(cutAfter && { cutAfter }),
    })
    const { cookie } = await signIn(app.url, 'bill')
    const writers = await Promise.all(
      [0, 1, 2].map(() => openWire(app.gatewayUrl, { headers: { cookie } })),
    )
    for (const writer of writers) await writer.connect()
    for (let round = 0; round < 120; round++) {
      await runRound({ page, writers, conversations }, round)
      expect(ids(page.messages), `after round ${round}`).toEqual(await idsIn(app))
    }
  })
})
