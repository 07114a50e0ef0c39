import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signIn, startApp, until, type TestApp } from '../app.ts'
import { forms, openWire, type Wire } from '../wire.ts'

const room = 'conversation:1'

describe.each(forms)('in the %s form', (form) => {
  async function aWire(app: TestApp, username = 'john'): Promise<Wire> {
    const { cookie } = await signIn(app.url, username)
    const wire = await openWire(app.gatewayUrl, { form, headers: { cookie } })
    await wire.connect()
    return wire
  }

  const asks = (wire: Wire) => {
    let id = 10
    return async (name: string, request: object) => {
      const reply = await wire.ask({ id: ++id, [name]: request })
      return reply.error ?? reply[name]
    }
  }

  async function aPast(count: number) {
    const app = await startApp()
    for (let number = 3; number <= count; number++)
      void app.db.messages.send({
        conversationId: 1,
        userId: 2,
        clientKey: randomUUID(),
        content: `number ${number}`,
      })
    await app.db.messages.send({
      conversationId: 1,
      userId: 2,
      clientKey: randomUUID(),
      content: 'last',
    })
    const epoch = await app.db.changes.epoch()
    const ask = asks(await aWire(app))
    const history = (request: object) => ask('history', { channel: room, ...request })
    const offsets = async (request: object): Promise<number[]> =>
      (await history(request)).publications.map(({ offset }: any) => offset)
    return { app, epoch, ask, history, offsets }
  }

  const range = (from: number, to: number) =>
    Array.from({ length: Math.abs(to - from) + 1 }, (_, index) =>
      from < to ? from + index : from - index,
    )

  test('history without a limit, or with 0, is the position alone', async () => {
    const { epoch, history } = await aPast(5)
    const position = { publications: [], epoch, offset: 6 }
    expect(await history({})).toEqual(position)
    expect(await history({ limit: 0 })).toEqual(position)
    expect(await history({ limit: 0, reverse: true })).toEqual(position)
  })

  test('history goes forward from a position, and backward from one or from the end', async () => {
    const { epoch, offsets } = await aPast(9)
    const from = (offset: number) => ({ since: { offset, epoch } })
    expect(await offsets({ limit: 3 })).toEqual([1, 2, 3])
    expect(await offsets({ limit: 3, ...from(4) })).toEqual([5, 6, 7])
    expect(await offsets({ limit: 3, ...from(9) })).toEqual([10])
    expect(await offsets({ limit: 3, ...from(10) })).toEqual([])
    expect(await offsets({ limit: 3, ...from(99) })).toEqual([])
    expect(await offsets({ limit: 3, reverse: true })).toEqual([10, 9, 8])
    expect(await offsets({ limit: 3, reverse: true, ...from(5) })).toEqual([4, 3, 2])
    expect(await offsets({ limit: 3, reverse: true, ...from(2) })).toEqual([1])
    expect(await offsets({ limit: 3, reverse: true, ...from(1) })).toEqual([])
    expect(await offsets({ limit: 3, reverse: true, ...from(99) })).toEqual([10, 9, 8])
  })

  test('history gives at most 300 entries, however many are asked for', async () => {
    const { offsets, epoch } = await aPast(400)
    const most = range(1, 300)
    expect(await offsets({ limit: -1 })).toEqual(most)
    expect(await offsets({ limit: 301 })).toEqual(most)
    expect(await offsets({ limit: Number.MAX_SAFE_INTEGER })).toEqual(most)
    expect(await offsets({ limit: 300, since: { epoch, offset: 300 } })).toEqual(range(301, 401))
    expect(await offsets({ limit: -1, reverse: true })).toEqual(range(401, 102))
  })

  test('history of another epoch is refused, of an empty one it is not', async () => {
    const { history, offsets } = await aPast(5)
    const other = { limit: 3, since: { offset: 2, epoch: 'other' } }
    expect(await history(other)).toEqual({ code: 112, message: 'unrecoverable position' })
    expect(await history({ ...other, limit: 0 })).toMatchObject({ code: 112 })
    expect(await offsets({ limit: 3, since: { offset: 2, epoch: '' } })).toEqual([3, 4, 5])
    expect(await offsets({ limit: 3, since: { offset: 2 } })).toEqual([3, 4, 5])
  })

  test('history refuses what it cannot answer', async () => {
    const { ask, history } = await aPast(5)
    const badRequest = { code: 107, message: 'bad request' }
    expect(await history({ limit: 3, reverse: true, since: { offset: 0 } })).toEqual(badRequest)
    const notAvailable = { code: 108, message: 'not available' }
    expect(await ask('history', { channel: 'user:1', limit: 3 })).toEqual(notAvailable)
    expect(await ask('history', { channel: 'chat', limit: 3, reverse: true })).toEqual(notAvailable)
  })

  test('history of chat goes forward by message ids', async () => {
    const { ask, epoch } = await aPast(4)
    const { publications, offset } = await ask('history', { channel: 'chat', limit: 2 })
    expect(publications.map(({ data }: any) => data.message.text)).toEqual(['number 3', 'number 4'])
    const since = { epoch, offset: publications[1].offset }
    const rest = await ask('history', { channel: 'chat', limit: 5, since })
    expect(rest.publications).toMatchObject([{ data: { message: { text: 'last' } }, offset }])
  })

  test('presence shows every connection on a channel, and counts people once', async () => {
    const app = await startApp()
    const [john, johnsOther, bill] = [
      await aWire(app),
      await aWire(app),
      await aWire(app, 'bill'),
    ] as const
    const clients = [john, johnsOther, bill].map((wire) => wire.received[0].connect.client)
    const ask = asks(john)
    expect(await ask('presence', { channel: room })).toEqual({
      presence: {
        [clients[0]]: { user: '1', client: clients[0] },
        [clients[1]]: { user: '1', client: clients[1] },
        [clients[2]]: { user: '2', client: clients[2] },
      },
    })
    const stats = () => ask('presence_stats', { channel: room })
    expect(await stats()).toEqual({ num_clients: 3, num_users: 2 })
    expect(await ask('presence_stats', { channel: 'chat' })).toEqual({
      num_clients: 0,
      num_users: 0,
    })
    expect(await ask('presence', { channel: 'chat' })).toEqual({ presence: {} })
    await asks(johnsOther)('unsubscribe', { channel: room })
    expect(await stats()).toEqual({ num_clients: 2, num_users: 2 })
    bill.socket.terminate()
    await until('bill is gone', async () => (await stats()).num_clients === 1)
    expect(await stats()).toEqual({ num_clients: 1, num_users: 1 })
  })

  test('subscriptions have nothing to refresh', async () => {
    const app = await startApp()
    const ask = asks(await aWire(app))
    expect(await ask('sub_refresh', { channel: room, token: 'x' })).toMatchObject({ code: 108 })
    expect(await ask('sub_refresh', { channel: 'chat', token: 'x' })).toMatchObject({ code: 103 })
  })
})

test.each([{ offset: -1 }, { offset: 1.5 }, { offset: '1' }, { offset: 2 ** 53 }, { epoch: 7 }])(
  'history since %j ends a connection of the JSON form',
  async (since) => {
    const app = await startApp()
    const { cookie } = await signIn(app.url, 'john')
    const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
    await wire.connect()
    wire.send({ id: 2, history: { channel: room, limit: 1, since } })
    expect(await wire.end()).toEqual({ code: 3501, reason: 'bad request' })
  },
)
