import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { aConversation } from '../database.ts'
import { forms, openWire, type Wire } from '../wire.ts'

const room = 'conversation:1'
const permissionDenied = { code: 103, message: 'permission denied' }

const asks = (wire: Wire) => {
  let id = 1_000
  return async (name: string, request: object) => {
    const reply = await wire.ask({ id: ++id, [name]: request })
    return reply.error ?? reply[name]
  }
}

const write = (app: TestApp, content: string, conversationId = 1) =>
  app.db.messages.send({ conversationId, userId: 2, clientKey: randomUUID(), content })

async function writer(app: TestApp) {
  const { cookie } = await signIn(app.url, 'bill')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
  await wire.connect()
  const ask = asks(wire)
  return (content: string) =>
    ask('rpc', {
      method: 'messages.send',
      data: { conversationId: 1, content, clientKey: randomUUID() },
    })
}

describe.each(forms)('in the %s form', (form) => {
  /** A connection that the server puts on no conversations, so that it can ask for them itself. */
  async function aWire(app: TestApp, username = 'john'): Promise<Wire> {
    const { bearer } = await signIn(app.url, username)
    const wire = await openWire(app.gatewayUrl, { form })
    await wire.connect({ data: { authToken: bearer } })
    return wire
  }

  describe('subscribing', () => {
    test('answers where the channel stands, and then brings what is new', async () => {
      const app = await startApp()
      const ask = asks(await aWire(app))
      const epoch = await app.db.changes.epoch()
      expect(await ask('subscribe', { channel: room })).toEqual({
        recoverable: true,
        positioned: true,
        epoch,
        offset: 2,
      })
      expect(await ask('subscribe', { channel: 'user:1' })).toEqual({})
    })

    test('to what is absent, private or another person’s is refused alike', async () => {
      const app = await startApp()
      const bills = await aConversation(app.db, [2], 'private')
      const billsPublic = await aConversation(app.db, [2])
      const wire = await aWire(app)
      const ask = asks(wire)
      const names = [`conversation:${bills}`, `conversation:${billsPublic}`, 'conversation:999']
      for (const channel of [...names, 'user:2', 'user:999'])
        for (const command of ['subscribe', 'history', 'presence', 'presence_stats'])
          expect(await ask(command, { channel }), `${command} ${channel}`).toEqual(permissionDenied)
      expect(wire.ended).toBeUndefined()
    })

    test('to a name nobody gave out is refused', async () => {
      const app = await startApp()
      const ask = asks(await aWire(app))
      const unknown = { code: 102, message: 'unknown channel' }
      const names = [
        'news',
        'conversation:',
        'conversation:0',
        'conversation:01',
        'conversation:-1',
      ]
      const more = ['conversation:1.0', 'conversation:1e0', 'Conversation:1', 'conversation: 1']
      const odd = [
        ' chat',
        'chat ',
        '$chat',
        'user:#1',
        'conversation:9999999999999999',
        '\0',
        '世界',
      ]
      for (const channel of [...names, ...more, ...odd])
        for (const command of ['subscribe', 'publish', 'history', 'presence'])
          expect(await ask(command, { channel, data: 1 }), `${command} ${channel}`).toEqual(unknown)
    })

    test('twice is refused, also while the first is under way', async () => {
      const app = await startApp()
      const wire = await aWire(app)
      wire.send({ id: 2, subscribe: { channel: room } }, { id: 3, subscribe: { channel: room } })
      const already = { id: 3, error: { code: 105, message: 'already subscribed' } }
      expect(await wire.reply(3)).toEqual(already)
      expect(await wire.reply(2)).toHaveProperty('subscribe')
      const again = await wire.ask({ id: 4, subscribe: { channel: room } })
      expect(again.error.code).toBe(105)
    })

    test('to a name of 256 characters is refused, to one of 255 it is a matter of the name', async () => {
      const app = await startApp()
      const ask = asks(await aWire(app))
      expect(await ask('subscribe', { channel: 'x'.repeat(256) })).toEqual({
        code: 107,
        message: 'bad request',
      })
      expect(await ask('subscribe', { channel: 'x'.repeat(255) })).toMatchObject({ code: 102 })
    })

    test('to a 129th channel is refused until another one is left', async () => {
      const app = await startApp()
      const ids: number[] = []
      for (let count = 0; count < 129; count++) ids.push(await aConversation(app.db, [1]))
      const wire = await aWire(app)
      wire.send(
        ...ids.map((id, index) => ({
          id: index + 2,
          subscribe: { channel: `conversation:${id}` },
        })),
      )
      const last = await wire.reply(130)
      expect(last).toEqual({ id: 130, error: { code: 106, message: 'limit exceeded' } })
      expect(await wire.reply(129)).toHaveProperty('subscribe')
      const ask = asks(wire)
      wire.send(
        { id: 500, unsubscribe: { channel: `conversation:${ids[0]}` } },
        { id: 501, subscribe: { channel: `conversation:${ids[128]}` } },
        { id: 502, subscribe: { channel: `conversation:${ids[0]}` } },
      )
      expect(await wire.reply(501)).toHaveProperty('subscribe')
      expect((await wire.reply(502)).error.code).toBe(106)
      expect(await ask('subscribe', { channel: 'news' })).toMatchObject({ code: 106 })
    })
  })

  describe('unsubscribing', () => {
    test('from what was never subscribed is fine, and ends what was', async () => {
      const app = await startApp()
      const wire = await aWire(app)
      const ask = asks(wire)
      for (const channel of ['news', 'conversation:999', room])
        expect(await ask('unsubscribe', { channel })).toEqual({})
      await ask('subscribe', { channel: room })
      const send = await writer(app)
      await send('heard')
      await until('it came', () => wire.publications(room).length === 1)
      await ask('unsubscribe', { channel: room })
      await send('not heard')
      await until('chat brought both', () => wire.publications('chat').length === 2)
      expect(wire.publications(room).length).toBe(1)
    })
  })

  test('nobody publishes on chat’s channels, members neither', async () => {
    const app = await startApp()
    const wire = await aWire(app)
    const ask = asks(wire)
    await ask('subscribe', { channel: room })
    for (const channel of ['chat', room, 'user:1', 'user:2', 'conversation:999'])
      for (const data of [{}, 'x', { type: 'message' }, null])
        expect(await ask('publish', { channel, data }), channel).toEqual(permissionDenied)
    expect(wire.received.filter(({ push }) => push?.pub?.offset)).toEqual([])
    expect(wire.state(room).length).toBe(1)
  })

  describe('recovering', () => {
    async function aPast() {
      const app = await startApp()
      for (const content of ['one', 'two', 'three']) await write(app, content)
      return { app, epoch: await app.db.changes.epoch() }
    }

    const contents = (publications: any[]) =>
      publications.map(({ data, offset }) => [offset, data.message.content])

    /** The same through a subscribe command and through connect's positions. */
    async function recovered(app: TestApp, position: { epoch?: string; offset?: number }) {
      const ask = asks(await aWire(app))
      const bySubscribe = await ask('subscribe', { channel: room, recover: true, ...position })
      const { cookie } = await signIn(app.url, 'john')
      const wire = await openWire(app.gatewayUrl, { form, headers: { cookie } })
      const subs = { [room]: { recover: true, ...position } }
      const { data, ...byConnect } = (await wire.connect({ subs })).connect.subs[room]
      expect(byConnect).toEqual(bySubscribe)
      expect(data === undefined).toBe(byConnect.recovered === true)
      return bySubscribe
    }

    test('brings what was missed, ascending, at the offset that was asked for', async () => {
      const { app, epoch } = await aPast()
      for (const offset of [2, 3, 4]) {
        const { publications, ...rest } = await recovered(app, { epoch, offset })
        expect(rest).toEqual({
          recoverable: true,
          positioned: true,
          epoch,
          offset,
          was_recovering: true,
          recovered: true,
        })
        const all = [
          [3, 'one'],
          [4, 'two'],
          [5, 'three'],
        ]
        expect(contents(publications)).toEqual(all.slice(offset - 2))
      }
    })

    test('brings the beginning too, and nothing where nothing was missed', async () => {
      const { app, epoch } = await aPast()
      const { publications } = await recovered(app, { epoch, offset: 0 })
      expect(publications.map(({ offset }: any) => offset)).toEqual([1, 2, 3, 4, 5])
      const upToDate = await recovered(app, { epoch, offset: 5 })
      expect(upToDate).toMatchObject({ recovered: true, was_recovering: true, offset: 5 })
      expect(upToDate).not.toHaveProperty('publications')
    })

    test('starts anew with another epoch, beyond the end, and after an invalidation', async () => {
      const { app, epoch } = await aPast()
      const anew = { recoverable: true, positioned: true, epoch, offset: 5, was_recovering: true }
      expect(await recovered(app, { epoch: 'other', offset: 3 })).toEqual(anew)
      expect(await recovered(app, { epoch, offset: 6 })).toEqual(anew)
      expect(await recovered(app, { epoch, offset: Number.MAX_SAFE_INTEGER })).toEqual(anew)
      expect(await recovered(app, { epoch: '_', offset: 0 })).toEqual(anew)
    })

    test('takes an epoch left empty as the present one', async () => {
      const { app, epoch } = await aPast()
      const answer = await recovered(app, { epoch: '', offset: 4 })
      expect(answer).toMatchObject({ epoch, offset: 4, recovered: true })
      expect(contents(answer.publications)).toEqual([[5, 'three']])
    })

    test('starts anew where more was missed than a reply may carry', async () => {
      const { app, epoch } = await aPast()
      for (let count = 0; count < 1_005; count++) void write(app, 'more')
      const { seq } = (await write(app, 'last')) as { seq: number }
      const wide = await recovered(app, { epoch, offset: 3 })
      expect(wide).toMatchObject({ was_recovering: true, offset: seq })
      expect(wide.recovered).toBeUndefined()
      const narrow = await recovered(app, { epoch, offset: seq - 500 })
      expect(narrow.publications.length).toBe(500)
    })

    test('starts anew where what was missed is too large for a reply', async () => {
      const { app, epoch } = await aPast()
      const page = 'x'.repeat(10_000)
      for (let count = 0; count < 40; count++) await write(app, page)
      const wide = await recovered(app, { epoch, offset: 5 })
      expect(wide).toEqual({
        recoverable: true,
        positioned: true,
        epoch,
        offset: 45,
        was_recovering: true,
      })
      const narrow = await recovered(app, { epoch, offset: 25 })
      expect(narrow.publications.length).toBe(20)
    })
  })
})

test('back and forth in one breath ends as the last word said, with the official client', async () => {
  const app = await startApp()
  const { bearer } = await signIn(app.url, 'john')
  const client = clientFor(app.gatewayUrl, { data: { authToken: bearer } })
  client.connect()
  await client.ready(5_000)
  const [stays, goes] = [client.newSubscription(room), client.newSubscription('user:1')]
  const heard: string[] = []
  stays.on('publication', ({ data, offset }) => {
    if (offset) heard.push(data.message.content)
  })
  for (let time = 0; time < 3; time++) {
    stays.subscribe()
    goes.subscribe()
    stays.unsubscribe()
    goes.unsubscribe()
  }
  stays.subscribe()
  await stays.ready(5_000)
  const send = await writer(app)
  await send('hello')
  await until('it was heard', () => heard.length > 0)
  expect(heard).toEqual(['hello'])
  expect([stays.state, goes.state]).toEqual(['subscribed', 'unsubscribed'])
})
