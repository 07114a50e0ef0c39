import { describe, expect, test } from 'vitest'
import { signIn, startApp, until, type TestApp } from '../app.ts'
import { aBystander } from './bystander.ts'
import { openTcp } from './raw.ts'

const internalToken = 'internal-secret'
const clientKey = '0b7c9f4e-6f43-4d0e-9f4b-0a8f7a3d1c55'
const brokenUtf8 = (before: string, after: string) =>
  Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(after)])
const objects = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
const arrays = '['.repeat(10_000) + ']'.repeat(10_000)

/** Whatever is sent where the content of a message belongs. */
const send = (content: string) => `{"clientKey":"${clientKey}","content":${content}}`
const internal = (content: string) => `{"conversation_id":1,"sender_id":1,"content":${content}}`

const bodies: [what: string, body: (message: typeof send) => string | Buffer][] = [
  ['JSON that breaks off', () => '{"content":"x"'],
  ['no JSON', () => 'content=x'],
  ['a number', () => '7'],
  ['null', () => 'null'],
  ['an array', (message) => `[${message('"x"')}]`],
  ['an operator', (message) => message('{"$ne":null}')],
  ['an array of texts', (message) => message('["x"]')],
  ['objects 10,000 levels deep', (message) => message(objects)],
  ['arrays 10,000 levels deep', (message) => message(arrays)],
  ['nothing but nesting', () => arrays],
  ['a prototype', () => `{"__proto__":{"content":"x"},"conversation_id":1,"sender_id":1}`],
  ['NUL', (message) => message('"a\\u0000b"')],
  ['a raw NUL', (message) => message('"a\0b"')],
  ['half a character', (message) => message('"\\ud800"')],
  ['the other half', (message) => message('"x\\udfff"')],
  ['broken UTF-8', (message) => brokenUtf8(message('"').slice(0, -1), '"}')],
]

async function contents({ db }: TestApp): Promise<string[]> {
  const { messages } = await db.messages.page(1, { before: undefined, after: undefined, limit: 50 })
  return messages.map(({ content }) => content)
}

/** A stream has no Content-Length, which would give broken text away before it is looked at. */
const chunked = (body: string | Buffer): RequestInit =>
  ({ body: new Blob([new Uint8Array(Buffer.from(body))]).stream(), duplex: 'half' }) as RequestInit

describe('a body that is', () => {
  test.each(bodies)('%s is refused by both doors that store messages', async (_what, body) => {
    const app = await startApp()
    const [bystander, john] = [await aBystander(app), await signIn(app.url, 'john')]
    for (const shape of [
      (bytes: string | Buffer) => ({ body: new Uint8Array(Buffer.from(bytes)) }),
      chunked,
    ]) {
      const answer = await john.fetch('/api/conversations/1/messages', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        ...shape(body(send)),
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { name: 'invalidInput', code: 400 } })
      const toldInside = await fetch(`${app.url}/api/ws/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-internal-token': internalToken },
        ...shape(body(internal)),
      })
      expect(toldInside.status).toBe(422)
      expect(await toldInside.json()).toHaveProperty('errors')
    }
    expect(await contents(app)).toEqual([])
    await bystander.noticesNothing()
  })

  test('1 MB long is refused with 413 before it has been read', async () => {
    const app = await startApp()
    const [bystander, john] = [await aBystander(app), await signIn(app.url, 'john')]
    const body = send(JSON.stringify('x'.repeat(1024 * 1024)))
    const doors: [path: string, headers: Record<string, string>][] = [
      [
        '/api/conversations/1/messages',
        { 'content-type': 'application/json', cookie: john.cookie },
      ],
      [
        '/api/ws/messages',
        { 'content-type': 'application/json', 'x-internal-token': internalToken },
      ],
      ['/login', { 'content-type': 'application/x-www-form-urlencoded' }],
    ]
    for (const [path, headers] of doors) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('')}`
      // Only announced: who waits for the body never answers.
      const announced = openTcp(app, `${head}Content-Length: ${body.length}\r\n\r\n{`)
      expect(await announced.answered(), path).toMatch(/^HTTP\/1.1 413 /)
      const streamed = openTcp(app, `${head}Transfer-Encoding: chunked\r\n\r\n`)
      streamed.socket.write(`${body.length.toString(16)}\r\n${body}\r\n`)
      expect(await streamed.answered(), path).toMatch(/^HTTP\/1.1 413 /)
    }
    await bystander.noticesNothing()
  })
})

/** The form with fields that are no good. */
async function signInWith(app: TestApp, fields: string): Promise<Response> {
  const form = await fetch(`${app.url}/login`)
  const csrf = /name="csrf-token"[^>]*value="([^"]*)"/.exec(await form.text())![1]!
  return fetch(`${app.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      cookie: form.headers.getSetCookie()[0]!.split(';')[0]!,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: `csrf-token=${encodeURIComponent(csrf)}&${fields}`,
  })
}

const noCredentials = [
  'username[$ne]=x&password[$ne]=x',
  'username=john&username=bill&password=secret',
  'username=john&password=secret&password=secret',
  'username=john%00&password=secret',
  'username=%ff%fe&password=%ff%fe',
  'username=%ed%a0%80&password=secret',
  'username=john&password=secret%00',
  'username=john&password=',
  `username=${'a'.repeat(30_000)}&password=${'b'.repeat(30_000)}`,
  '&&&===%%%',
]

test.each(noCredentials.map((fields) => [fields.slice(0, 40), fields]))(
  'nobody signs in with the fields %s',
  async (_start, fields) => {
    const app = await startApp()
    const answer = await signInWith(app, fields)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe('/login')
    expect(answer.headers.getSetCookie().join()).not.toContain('parley_login')
  },
)

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const garbage: [what: string, request: string | Buffer, status: number][] = [
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['bytes', Buffer.from(Array.from({ length: 500 }, (_, n) => (n * 7) % 256)), 400],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
  ['a WebSocket frame', Buffer.from('818000000000', 'hex'), 400],
  ['a method there is not', 'DANCE / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a version there is not', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['no Host', 'GET /login HTTP/1.1\r\n\r\n', 400],
  ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n', 400],
  ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n', 400],
  ['a URL of 100,000 characters', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['100,000 bytes of headers', `GET / HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ['two lengths', request('Content-Length: 1\r\nContent-Length: 2'), 400],
  ['a length and chunks', request('Content-Length: 1\r\nTransfer-Encoding: chunked'), 400],
  ['a negative length', request('Content-Length: -1'), 400],
  ['chunks without a size', request('Transfer-Encoding: chunked', 'zz\r\n'), 400],
  ['an encoding there is not', request('Transfer-Encoding: rot13'), 400],
  ['a URL that is none', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a proxy’s URL', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  [
    'an upgrade to a very long URL',
    `GET /${'a'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`,
    404,
  ],
  [
    'an upgrade with an endless query',
    `GET /connection/websocket?${'&a=%'.repeat(3_000)} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`,
    101,
  ],
  [
    'an upgrade without a key',
    `GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    400,
  ],
  [
    'an upgrade to something else',
    `GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    404,
  ],
  ['a POST that upgrades', `POST /connection/websocket HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`, 405],
  ['no WebSocket, on its path', 'GET /connection/websocket HTTP/1.1\r\nHost: x\r\n\r\n', 404],
]

function request(headers: string, body = ''): string {
  return `POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n${headers}\r\n\r\n${body}`
}

test('a request that is garbage is answered as such, and nobody else notices', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  for (const [what, bytes, status] of garbage) {
    const answer = await openTcp(app, bytes).answered()
    expect(answer.slice(0, 13), what).toBe(`HTTP/1.1 ${status} `)
    expect(answer, what).not.toMatch(/node_modules|at .*\(.*:\d+:\d+\)/)
  }
  await bystander.noticesNothing()
})

describe('somebody slow', () => {
  const timers = { requestTimeoutMs: 300 }
  const post = 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n'
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n\r\n'

  test.each([
    ['connects and says nothing', ''],
    ['sends half a request line', 'GET /log'],
    ['sends half the headers', 'GET /login HTTP/1.1\r\nHost: x\r\nX-One: 1\r\n'],
    ['sends half a body', `${post}${form}username=john`],
    ['sends half an upgrade', `GET /connection/websocket HTTP/1.1\r\nHost: x\r\n${upgrade}`],
  ])('who %s is not waited for', async (_what, first) => {
    const app = await startApp({ timers })
    const bystander = await aBystander(app)
    const tcp = openTcp(app, first)
    await tcp.ended()
    expect(tcp.answer()).toMatch(/^$|^HTTP\/1.1 408 /)
    await bystander.noticesNothing()
  })

  test('who sends a header now and then is not waited for either', async () => {
    const app = await startApp({ timers })
    const bystander = await aBystander(app)
    const tcp = openTcp(app, 'GET /login HTTP/1.1\r\nHost: x\r\n')
    const dripping = setInterval(() => tcp.socket.write('X-More: 1\r\n'), 50)
    await tcp.ended().finally(() => clearInterval(dripping))
    expect(tcp.answer()).toMatch(/^$|^HTTP\/1.1 408 /)
    await bystander.noticesNothing()
  })

  test('who upgrades and says nothing is ended with 3502', async () => {
    const app = await startApp({ timers: { ...timers, staleAfterMs: 100 } })
    const tcp = openTcp(app, `GET /connection/websocket HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)
    await until('the close frame is there', () => tcp.answer().includes('\x0d\xaestale'))
    await tcp.ended(10_000)
  })

  test('who was refused and keeps the line open is cut off', async () => {
    const app = await startApp()
    const tcp = openTcp(app, `GET /nothing HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)
    expect(await tcp.answered()).toMatch(/^HTTP\/1.1 404 /)
    // A half-open connection shows as writes that go nowhere, until the other end resets it.
    const knocking = setInterval(() => tcp.socket.write('x'), 50)
    await until('writing fails', () => tcp.socket.destroyed, 15_000).finally(() =>
      clearInterval(knocking),
    )
  })
})

test('somebody who asks for a thousand pages and reads none is in nobody’s way', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  const tcp = openTcp(app)
  tcp.socket.pause()
  tcp.socket.write('GET /login HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000))
  await bystander.noticesNothing()
})
