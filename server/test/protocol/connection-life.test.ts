import { connect as openTcp } from 'node:net'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { forms, openWire } from '../wire.ts'

const badRequest = { code: 3501, reason: 'bad request' }
const unauthorized = { id: 1, error: { code: 403, message: 'Unauthorized' } }

/** A connection of john's; connected unless told otherwise. */
async function aWire(app: TestApp, options: Parameters<typeof openWire>[1] = {}) {
  const { cookie } = await signIn(app.url, 'john')
  return openWire(app.gatewayUrl, { ...options, headers: { cookie, ...options.headers } })
}

describe('a connection', () => {
  test.each([
    ['with something else than connect', '{"id":1,"rpc":{"method":"users.me"}}'],
    ['with a pong', '{}'],
    ['with send', '{"send":{"data":1}}'],
    ['with an empty frame', ''],
    ['with text that is no JSON', 'hello'],
    ['with JSON that breaks off', '{"id":1,"connect":{'],
    ['with JSON that is no object', '[{"id":1,"connect":{}}]'],
    ['with null', 'null'],
    ['with a connect without an id', '{"connect":{}}'],
    ['with a connect whose request is no object', '{"id":1,"connect":[]}'],
    ['with a connect whose token is no text', '{"id":1,"connect":{"token":7}}'],
    ['with positions that are no objects', '{"id":1,"connect":{"subs":{"chat":1}}}'],
    ['with a negative position', '{"id":1,"connect":{"subs":{"chat":{"offset":-1}}}}'],
    ['with an id that is no number', '{"id":"1","connect":{}}'],
    ['with an id beyond 32 bits', '{"id":4294967296,"connect":{}}'],
    ['with an id that is no whole number', '{"id":1.5,"connect":{}}'],
    ['with a command there is not', '{"id":1,"dance":{}}'],
  ])('that begins %s ends with 3501', async (_how, text) => {
    const app = await startApp()
    const wire = await aWire(app)
    wire.sendText(text)
    expect(await wire.end()).toEqual(badRequest)
    expect(wire.received).toEqual([])
  })

  test('that sends a binary frame ends with 3506', async () => {
    const app = await startApp()
    const wire = await aWire(app)
    wire.sendText(Buffer.from('{"id":1,"connect":{}}'))
    expect(await wire.end()).toEqual({ code: 3506, reason: 'inappropriate protocol' })
  })

  test('of the protobuf form that sends a text frame ends with 3506', async () => {
    const app = await startApp()
    const wire = await aWire(app, { form: 'protobuf' })
    wire.sendText('{"id":1,"connect":{}}')
    expect(await wire.end()).toEqual({ code: 3506, reason: 'inappropriate protocol' })
  })
})

describe.each(forms)('in the %s form', (form) => {
  describe('a connection', () => {
    test.each([
      ['connects again', [{ id: 2, connect: {} }], badRequest],
      ['names no command', [{ id: 2 }], badRequest],
      ['names a command there is not', [{ id: 2, dance: {} }], badRequest],
      ['gives a command no id', [{ subscribe: { channel: 'chat' } }], badRequest],
      ['gives a channel no name', [{ id: 2, subscribe: { channel: '' } }], badRequest],
      ['leaves the channel out', [{ id: 2, history: {} }], badRequest],
      ['pings', [{ id: 2, ping: {} }], badRequest],
      ['answers a ping there was not', [{}], badRequest],
      ['refreshes what does not expire', [{ id: 2, refresh: { token: 'x' } }], badRequest],
      ['sends', [{ send: { data: {} } }], { code: 3508, reason: 'not available' }],
    ])('that %s ends', async (_what, commands, end) => {
      const app = await startApp()
      const wire = await aWire(app, { form })
      await wire.connect()
      wire.send(...commands)
      expect(await wire.end()).toEqual(end)
    })

    test('that was refused is of no more use', async () => {
      const app = await startApp()
      const wire = await openWire(app.gatewayUrl, { form })
      wire.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel: 'chat' } })
      expect(await wire.reply(1)).toEqual(unauthorized)
      wire.send({ id: 3, connect: {} })
      expect(await wire.end()).toEqual(badRequest)
      expect(wire.received).toEqual([unauthorized])
    })

    test('that never connects ends with 3502, refused or not', async () => {
      const app = await startApp({ timers: { staleAfterMs: 100 } })
      const [silent, refused] = [
        await openWire(app.gatewayUrl, { form }),
        await openWire(app.gatewayUrl, { form }),
      ]
      expect(await refused.connect()).toEqual(unauthorized)
      const stale = { code: 3502, reason: 'stale' }
      expect([await silent.end(), await refused.end()]).toEqual([stale, stale])
    })
  })

  describe('pings', () => {
    const timers = { pingIntervalMs: 60, pongTimeoutMs: 50 }

    test('come again and again, and answering them keeps the connection', async () => {
      const app = await startApp({ timers })
      const wire = await aWire(app, { form })
      await wire.connect()
      await until('some pings came', () => wire.pings >= 4)
      expect((await wire.ask({ id: 2, rpc: { method: 'users.me' } })).rpc.data.user.id).toBe(1)
      expect(wire.ended).toBeUndefined()
    })

    test('that are not answered end the connection with 3012', async () => {
      const app = await startApp({ timers })
      const wire = await aWire(app, { form, pongs: false })
      await wire.connect()
      expect(await wire.end()).toEqual({ code: 3012, reason: 'no pong' })
      expect(wire.pings).toBe(1)
    })

    test('are answered once each', async () => {
      const app = await startApp({ timers })
      const wire = await aWire(app, { form, pongs: false })
      await wire.connect()
      await until('a ping came', () => wire.pings === 1)
      wire.send({}, {})
      expect(await wire.end()).toEqual(badRequest)
    })
  })
})

describe('size', () => {
  test('a first frame of 200 KiB is taken, and one of 300 KiB ends with 1009', async () => {
    const app = await startApp()
    const filler = (kibibytes: number) => ({ name: 'x'.repeat(kibibytes * 1024) })
    const wire = await aWire(app)
    expect((await wire.connect(filler(200))).connect.data.user.id).toBe(1)
    const other = await aWire(app)
    other.send({ id: 1, connect: filler(300) })
    expect((await other.end()).code).toBe(1009)
  })

  test('a later frame over 64 KiB ends with 1009, and one at the limit is answered', async () => {
    const app = await startApp()
    const wire = await aWire(app)
    await wire.connect()
    const command = (bytes: number) => {
      const empty = { id: 2, rpc: { method: 'users.me', data: { x: '' } } }
      empty.rpc.data.x = 'x'.repeat(bytes - JSON.stringify(empty).length)
      return empty
    }
    expect((await wire.ask(command(65_536))).rpc.data.user.id).toBe(1)
    wire.send(command(65_537))
    expect((await wire.end()).code).toBe(1009)
  })
})

/** The server's first answer to an upgrade request, as text. */
async function upgrade(app: TestApp, target: string, more = ''): Promise<string> {
  const { hostname, port } = new URL(app.url)
  const socket = openTcp(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`,
  )
  const [first] = (await once(socket, 'data')) as [Buffer]
  return first.toString()
}

const path = '/connection/websocket'

describe('upgrading', () => {
  test.each([
    ['/', 404],
    ['//', 404],
    ['/connection/websocket/', 404],
    ['/connection/sse', 404],
    ['http://[', 404],
    ['*', 404],
    ['/%', 404],
  ])('%s is answered with %i, and the server stays up', async (target, status) => {
    const app = await startApp()
    expect(await upgrade(app, target)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect((await fetch(`${app.url}/login`)).status).toBe(200)
  })

  const ofBoth = 'centrifuge-protobuf, centrifuge-json'
  test.each([
    [path, '', '', 'text'],
    [`${path}?cf_protocol_version=v2&x=%zz&cf_protocol=json`, '', '', 'text'],
    [path, 'centrifuge-json', 'centrifuge-json', 'text'],
    [path, ofBoth, 'centrifuge-json', 'text'],
    [path, 'other', '', 'text'],
    [`${path}?cf_protocol=protobuf`, '', '', 'binary'],
    [`${path}?format=protobuf`, '', '', 'binary'],
    [path, 'centrifuge-protobuf', 'centrifuge-protobuf', 'binary'],
    [path, 'other,centrifuge-protobuf', 'centrifuge-protobuf', 'binary'],
    [`${path}?cf_protocol=protobuf`, ofBoth, 'centrifuge-protobuf', 'binary'],
  ])('%s with %j chooses %j and speaks in %s', async (target, offered, chosen, spoken) => {
    const app = await startApp()
    const answer = await upgrade(app, target, offered && `Sec-WebSocket-Protocol: ${offered}\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 101 /)
    expect(/Sec-WebSocket-Protocol: (\S+)/.exec(answer)?.[1] ?? '').toBe(chosen)
    const { hostname, port } = new URL(app.url)
    const protocols = offered === 'other' ? [] : offered.split(/, */).filter(Boolean)
    const socket = new WebSocket(`ws://${hostname}:${port}${target}`, protocols)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    socket.send(spoken === 'text' ? '{"id":1,"connect":{}}' : Buffer.from([4, 8, 1, 0x22, 0]))
    const [, isBinary] = await once(socket, 'message')
    expect(isBinary ? 'binary' : 'text').toBe(spoken)
  })
})

describe('a browser’s Origin', () => {
  const foreign = { origin: 'https://evil.example' }

  test('decides about cookies: foreign pages are refused, own ones are not', async () => {
    const app = await startApp({ allowedOrigins: ['https://chat.example'] })
    const connect = async (origin: string) => (await aWire(app, { headers: { origin } })).connect()
    const { host } = new URL(app.url)
    const strangers = [foreign.origin, 'null', `http://${host}.evil.example`, `http://127.0.0.1:1`]
    for (const origin of strangers) expect(await connect(origin), origin).toEqual(unauthorized)
    for (const origin of [app.url, 'https://chat.example', 'HTTPS://CHAT.EXAMPLE'])
      expect((await connect(origin)).connect.data.user.id, origin).toBe(1)
  })

  test('does not matter to tokens', async () => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'john')
    for (const request of [{ token: bearer }, { data: { authToken: bearer } }]) {
      const wire = await openWire(app.gatewayUrl, { headers: foreign })
      expect((await wire.connect(request)).connect.data.user.id).toBe(1)
    }
  })
})

test('a server that stops says so with 3001, and clients come back by themselves', async () => {
  const app = await startApp()
  const wire = await aWire(app)
  await wire.connect()
  const { cookie } = await signIn(app.url, 'john')
  const client = clientFor(app.gatewayUrl, { cookie })
  const connecting: number[] = []
  client.on('connecting', ({ code }) => connecting.push(code))
  client.connect()
  await client.ready(5_000)
  await app.stop()
  expect(await wire.end()).toEqual({ code: 3001, reason: 'shutdown' })
  await app.start()
  await until('the client is back', () => client.state === 'connected')
  expect(connecting.slice(0, 2)).toEqual([0, 3001])
})

test('a socket that is cut in mid-frame harms nobody', async () => {
  const app = await startApp()
  const wire = await aWire(app)
  await wire.connect()
  const broken = new WebSocket(app.gatewayUrl)
  await once(broken, 'open')
  // The first three bytes of a frame that promises more.
  const { _socket: tcp } = broken as unknown as { _socket: NodeJS.WritableStream }
  tcp.write(Buffer.from([0x81, 0xfe, 0x10]))
  broken.terminate()
  expect((await wire.ask({ id: 2, rpc: { method: 'users.me' } })).rpc.data.user.id).toBe(1)
})
