import { randomUUID } from 'node:crypto'
import { limits } from '@parley/protocol/limits'
import { describe, expect, test } from 'vitest'
import { clientFor, signIn, startApp, until } from '../app.ts'
import { aConversation } from '../database.ts'
import type { Wire } from '../wire.ts'
import { aBystander, anAttacker } from './bystander.ts'
import { opcodes, rawFrame, tcpOf } from './raw.ts'

/** As fast as it goes, until it is over; meanwhile others have their turns. */
async function flood(wire: Wire, frame: (id: number) => string | Buffer): Promise<void> {
  const tcp = tcpOf(wire)
  for (let id = 2; !wire.ended && id < 1_000_000;) {
    const bytes: Buffer[] = []
    for (let size = 0; size < 16_384; id++) size += bytes[bytes.push(framed(frame(id))) - 1]!.length
    if (!tcp.write(Buffer.concat(bytes)))
      await new Promise<void>((go) => tcp.once('drain', go).once('close', () => go()))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const framed = (frame: string | Buffer) => (typeof frame === 'string' ? rawFrame(frame) : frame)
const tooMany = { code: 3013, reason: 'too many requests' }
const tooManyErrors = { code: 3509, reason: 'too many errors' }
const filler = 'x'.repeat(60_000)

describe('somebody who floods the server is ended, and nobody else notices', () => {
  test.each([
    ['with questions', (id: number) => `{"id":${id},"rpc":{"method":"users.me"}}`, tooMany],
    ['by leaving channels', (id: number) => `{"id":${id},"unsubscribe":{"channel":"x"}}`, tooMany],
    [
      'by looking into the past',
      (id: number) => `{"id":${id},"history":{"channel":"chat","limit":1}}`,
      tooMany,
    ],
    [
      'with large frames',
      (id: number) => `{"id":${id},"unsubscribe":{"channel":"x","filler":"${filler}"}}`,
      tooMany,
    ],
    [
      'with methods there are not',
      (id: number) => `{"id":${id},"rpc":{"method":"x"}}`,
      tooManyErrors,
    ],
    [
      'with channels that are none of theirs',
      (id: number) => `{"id":${id},"subscribe":{"channel":"conversation:9"}}`,
      tooMany,
    ],
    ['with pongs', () => '{}', { code: 3501, reason: 'bad request' }],
  ])('%s', async (how, frame, end) => {
    const app = await startApp()
    const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
    const flooding = flood(wire, frame)
    while (!wire.ended) await bystander.noticesNothing()
    await flooding
    // Which allowance is used up first is a race where each refusal takes a query.
    const ends = how.startsWith('with channels') ? [tooMany, tooManyErrors] : [end]
    expect(ends).toContainEqual(wire.ended)
    await bystander.noticesNothing()
  })

  test.each([
    ['pings', opcodes.ping],
    ['pongs', opcodes.pong],
  ])('with WebSocket %s', async (_what, opcode) => {
    const app = await startApp()
    const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
    const flooding = flood(wire, () => rawFrame('', { opcode }))
    await wire.end()
    await flooding
    // Pings that come faster than they can be answered end without a word.
    expect([1006, 3013]).toContain(wire.ended!.code)
    await bystander.noticesNothing()
  })
})

test('who floods and comes back at once is let in only after a while; everybody else is at once', async () => {
  const app = await startApp()
  for (let time = 0; time < 3; time++) {
    const wire = await anAttacker(app)
    await flood(wire, (id) => `{"id":${id},"rpc":{"method":"users.me"}}`)
    expect(wire.ended).toEqual(tooMany)
  }
  let isBack = false
  const back = anAttacker(app).finally(() => (isBack = true))
  const bystander = await aBystander(app)
  await bystander.noticesNothing()
  expect(isBack).toBe(false)
  await (await back).ask({ id: 2, rpc: { method: 'users.me' } })
})

describe('nobody is taken for a flood', () => {
  test('who sends 800 messages in one breath: all are stored, in their order', async () => {
    const app = await startApp()
    const { cookie } = await signIn(app.url, 'john')
    const client = clientFor(app.gatewayUrl, { cookie, timeout: 60_000 })
    const ends: number[] = []
    client.on('connecting', ({ code }) => ends.push(code)).connect()
    await client.ready(5_000)
    const texts = Array.from({ length: 800 }, (_, n) => `message ${n}`)
    await Promise.all(
      texts.map((content) =>
        client.rpc('messages.send', { conversationId: 1, content, clientKey: randomUUID() }),
      ),
    )
    const stored = await app.db.pool.query<{ content: string }>({
      text: 'select content from chat_messages order by seq',
    })
    expect(stored.map(({ content }) => content)).toEqual(texts)
    expect(ends).toEqual([0])
  })

  test('who comes back with 500 subscriptions, though no more than 128 are granted', async () => {
    const app = await startApp()
    const { cookie } = await signIn(app.url, 'john')
    const ids: number[] = []
    for (let n = 0; n < 500; n++) {
      ids.push(await aConversation(app.db, [1]))
    }
    const client = clientFor(app.gatewayUrl, { cookie, timeout: 60_000 })
    const ends: number[] = []
    client.on('connecting', ({ code }) => ends.push(code))
    const outcomes = { subscribed: 0, refused: 0 }
    for (const id of ids) {
      const subscription = client.newSubscription(`conversation:${id}`)
      subscription.on('subscribed', () => outcomes.subscribed++)
      subscription.on('unsubscribed', () => outcomes.refused++)
      subscription.subscribe()
    }
    client.connect()
    await until('all are answered', () => outcomes.subscribed + outcomes.refused === 500, 60_000)
    expect(outcomes.subscribed).toBe(limits.channelsPerSession)
    expect((await client.rpc('users.me', {})).data.user.username).toBe('john')
    expect(ends).toEqual([0])
  })
})

test('who asks for the past many times at once is read for once at a time', async () => {
  const app = await startApp()
  const wire = await anAttacker(app)
  const count = 8
  const waiting = {
    text: `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  }
  await app.db.pool.transaction(async (transaction) => {
    await transaction.query({ text: 'lock table changes in access exclusive mode' })
    for (let id = 2; id < 2 + count; id++)
      wire.send({ id, history: { channel: 'conversation:1', limit: 1 } })
    // Whatever else they ask is answered meanwhile.
    await wire.ask({ id: 100, rpc: { method: 'users.me' } })
    // Not in the transaction, which would be shown the same picture for ever.
    const now = async () => (await app.db.pool.query<{ count: number }>(waiting))[0]!.count
    await until('one of them waits', async () => (await now()) > 0)
    expect(await now()).toBe(1)
  })
  await until(
    'all are answered',
    () => wire.received.filter(({ history }) => history).length === count,
  )
})
