import { randomUUID } from 'node:crypto'
import type { Change } from '@parley/protocol/changes'
import type { Message } from '@parley/protocol/resources'
import { Centrifuge } from 'centrifuge'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { signIn, startApp, until, type TestApp } from '../app.ts'
import { aUser } from '../database.ts'
import { aToken, tokenSecret } from '../tokens.ts'
import { openWire, type Wire } from '../wire.ts'

const room = 'conversation:1'

/** What a client knows of a conversation: the newest copy of each message, and who is in it. */
interface State {
  seq: number
  messages: Map<number, Message>
  members: Set<string>
}

const nothing = (): State => ({ seq: 0, messages: new Map(), members: new Set() })

/** Applies one change; those that were applied before change nothing. */
function apply(state: State, change: Change): void {
  if (change.seq <= state.seq) return
  if (change.seq !== state.seq + 1) throw new Error(`${change.seq} came after ${state.seq}`)
  state.seq = change.seq
  if (change.type === 'member.joined') state.members.add(change.user.username)
  else if (change.type === 'member.left') state.members.delete(change.user.username)
  else if ('message' in change) keepNewer(state.messages, change.message)
}

function keepNewer(messages: Map<number, Message>, message: Message): void {
  if ((messages.get(message.id)?.version ?? -1) < message.version) messages.set(message.id, message)
}

const copyOf = ({ seq, messages, members }: State): State => ({
  seq,
  messages: new Map(messages),
  members: new Set(members),
})

const plain = ({ seq, messages, members }: State) => ({
  seq,
  messages: [...messages.values()].sort((a, b) => a.seq - b.seq),
  members: [...members].sort(),
})

/** A repeatable source of chance. */
function chanceFrom(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Chance = ReturnType<typeof chanceFrom>

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

interface Watcher {
  state: State
  client: Centrifuge
  /** Copies of the state as it was at some moments. */
  earlier: State[]
  /** Changes that came although they had been applied. */
  doubled: number
  /** How often the past had to be read instead of being sent. */
  reloads: number
  connections: number
  cut(): void
}

/** Watches the conversation with the official client, from its beginning. */
async function aWatcher(app: TestApp, cookie: string): Promise<Watcher> {
  const sockets: WebSocket[] = []
  class CookieSocket extends WebSocket {
    constructor(address: string) {
      super(address, [], { headers: { cookie }, allowSynchronousEvents: false })
      sockets.push(this)
    }
  }
  const client = new Centrifuge(app.gatewayUrl, {
    websocket: CookieSocket,
    minReconnectDelay: 1,
    maxReconnectDelay: 20,
  })
  onTestFinished(() => client.disconnect())
  const watcher: Watcher = {
    state: nothing(),
    client,
    earlier: [],
    doubled: 0,
    reloads: 0,
    connections: 0,
    cut: () => sockets.at(-1)?.terminate(),
  }
  /** What came while the past was being read. */
  let waiting: Change[] | undefined
  const take = (change: Change) => {
    if (change.seq <= watcher.state.seq) watcher.doubled++
    apply(watcher.state, change)
  }
  const reload = async () => {
    watcher.reloads++
    waiting = []
    await page(watcher.state, (input) =>
      client.rpc('conversations.changes', input).then(({ data }) => data),
    )
    const late = waiting.filter(({ seq }) => seq > watcher.state.seq)
    waiting = undefined
    late.forEach(take)
  }
  client.on('connected', () => watcher.connections++)
  client.on('subscribed', ({ channel, recovered }) => {
    if (channel === room && !recovered) void reload().catch(() => {})
  })
  client.on('publication', ({ channel, data, offset }) => {
    if (channel !== room || offset === undefined) return
    if (waiting) waiting.push(data)
    else take(data)
  })
  client.connect()
  await client.ready(5_000)
  await until('it has the beginning', () => watcher.state.seq > 0)
  return watcher
}

type ReadChanges = (input: object) => Promise<{ changes: Change[]; lastSeq: number }>

/** Brings a state up to date by REST's own way to resume. */
async function page(state: State, read: ReadChanges, limitOf = () => 500): Promise<void> {
  for (;;) {
    const { changes, lastSeq } = await read({ id: 1, after: state.seq, limit: limitOf() })
    for (const change of changes) apply(state, change)
    if (state.seq >= lastSeq) return
  }
}

/** Somebody who writes, edits, deletes, goes and comes back, over a connection that breaks. */
async function aWriter(app: TestApp, userId: number, chance: Chance, sent: Set<string>) {
  const token = aToken({ sub: String(userId) })
  const own: number[] = []
  let id = 1
  let wire: Wire
  const open = async () => {
    wire = await openWire(app.gatewayUrl)
    await wire.connect({ token })
  }
  const ask = async (method: string, data: object): Promise<any> =>
    (await wire.ask({ id: ++id, rpc: { method, data } })).rpc?.data

  async function send(): Promise<void> {
    const clientKey = randomUUID()
    const data = { conversationId: 1, content: `${userId} ${chance(1_000)}`, clientKey }
    sent.add(clientKey)
    if (chance(4) === 0) {
      wire.send({ id: ++id, rpc: { method: 'messages.send', data } })
      await turns(chance(6))
      wire.socket.terminate()
      await open()
    }
    const tries = Array.from({ length: 1 + chance(3) }, () => ask('messages.send', data))
    const ids = new Set((await Promise.all(tries)).map(({ message }) => message.id))
    expect(ids.size).toBe(1)
    own.push(...ids)
  }
  async function leaveAndReturn(): Promise<void> {
    await ask('conversations.leave', { id: 1 })
    await turns(chance(10))
    await ask('conversations.join', { id: 1 })
  }
  await open()
  return async function act(): Promise<void> {
    const message = own[chance(own.length || 1)]
    const what = chance(10)
    if (what === 0) await leaveAndReturn()
    else if (what <= 2 && message)
      await ask('messages.edit', { id: message, content: `edited ${chance(1_000)}` })
    else if (what === 3 && message) await ask('messages.delete', { id: message })
    else await send()
  }
}

test('whoever leaves and resumes from anywhere ends up as somebody who never left', async () => {
  const seed = Date.now() % 1_000_000
  const chance = chanceFrom(seed)
  const app = await startApp({ tokenSecret })
  const { cookie, call } = await signIn(app.url, 'john')
  const stayer = await aWatcher(app, cookie)
  const comers = await Promise.all([1, 2, 3].map(() => aWatcher(app, cookie)))
  const sent = new Set<string>()
  const writers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const { id } = await aUser(app.db, `writer${index}`)
      await app.db.members.add(1, id, 1, 'member')
      return aWriter(app, id, chanceFrom(seed + index), sent)
    }),
  )
  let writing = true
  const work = Promise.all(
    writers.map(async (act) => {
      for (let time = 0; time < 12; time++) await act()
    }),
  ).finally(() => (writing = false))
  for (let next = 0; writing; next++) {
    await turns(5 + chance(20))
    comers[next % comers.length]!.cut()
    stayer.earlier.push(copyOf(stayer.state))
  }
  await work

  const lastSeq = (await app.db.changes.tops([1])).tops.get(1)!
  const watchers = [stayer, ...comers]
  await until(`all have come to ${lastSeq}, seed ${seed}`, () =>
    watchers.every(({ state }) => state.seq === lastSeq),
  )
  const truth = await whatIsStored(app)
  expect(truth.messages.length).toBe(sent.size)
  for (const { state, doubled } of watchers) {
    expect(plain(state), `seed ${seed}`).toEqual({ seq: lastSeq, ...truth })
    expect(doubled, `seed ${seed}`).toBe(0)
  }
  expect([stayer.reloads, stayer.connections]).toEqual([1, 1])
  for (const { connections } of comers) expect(connections).toBeGreaterThan(1)

  const read: ReadChanges = async (input) =>
    (await call('GET', `/api/conversations/1/changes?${new URLSearchParams(input as never)}`)).body
  for (const state of [nothing(), ...stayer.earlier.slice(-30)]) {
    await page(state, read, () => 1 + chance(300))
    expect(plain(state), `seed ${seed}`).toEqual({ seq: lastSeq, ...truth })
  }
})

async function whatIsStored({ db }: TestApp) {
  const { messages } = await db.messages.page(1, { limit: 10_000 })
  const members = await db.members.list(1, { limit: 1_000 })
  return { messages, members: members.map(({ user }) => user.username).sort() }
}

const change = async (app: TestApp, epoch: string) =>
  app.db.pool.query({ text: 'update epoch set value = $1', values: [epoch] })

test('a new epoch makes a resume by changes start anew', async () => {
  const app = await startApp()
  const { call } = await signIn(app.url, 'john')
  const changes = async (query: string) =>
    (await call('GET', `/api/conversations/1/changes?${query}`)).body
  const { epoch } = await changes('after=0')
  expect(await changes(`after=1&epoch=${epoch}`)).toMatchObject({
    reset: false,
    lastSeq: 2,
    changes: [{ seq: 2 }],
  })
  await change(app, 'another')
  const reset = { epoch: 'another', changes: [], lastSeq: 2, reset: true }
  expect(await changes(`after=1&epoch=${epoch}`)).toEqual(reset)
  expect(await changes('after=1&epoch=another')).toMatchObject({ reset: false })
  expect(await changes('after=3')).toEqual(reset)
})

test.each([
  [
    'while the server is away',
    async (app: TestApp) => {
      await app.stop()
      await change(app, 'another')
      await app.start()
    },
  ],
  ['under a running server', async (app: TestApp) => void (await change(app, 'another'))],
])('a new epoch %s makes sockets start anew, with what they need', async (_when, renumber) => {
  const app = await startApp()
  const { cookie, call } = await signIn(app.url, 'john')
  const watcher = await aWatcher(app, cookie)
  const subscribed: any[] = []
  watcher.client.on('subscribed', (context) => {
    if (context.channel === room) subscribed.push(context)
  })
  const send = (content: string) =>
    call('POST', '/api/conversations/1/messages', { content, clientKey: randomUUID() })
  await send('before')
  await until('it came', () => watcher.state.seq === 3)
  await renumber(app)
  await until('the channel began anew', () => subscribed.length === 1)
  expect(subscribed[0]).toMatchObject({
    recovered: false,
    streamPosition: { epoch: 'another', offset: 3 },
    data: { conversation: { id: 1, lastSeq: 3, lastMessage: { content: 'before' } } },
  })
  await send('after')
  await until('it came', () => watcher.state.seq === 4)
  expect([...watcher.state.messages.values()].map(({ content }) => content)).toEqual([
    'before',
    'after',
  ])
  expect(watcher.doubled).toBe(0)
})
