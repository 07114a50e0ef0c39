import { operationNames, operations } from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../test/silent-log.ts'
import { createDoor, type Handlers } from '../chat/door.ts'
import { createRateLimits } from '../chat/rate-limits.ts'
import { aBrowser } from './testing/a-browser.ts'
import { anApi, anApiAlone } from './testing/an-api.ts'

/** The real door; behind it every operation answers with what it was asked. */
function anEcho() {
  const handlers = Object.fromEntries(
    operationNames.map((name) => [name, async (_: unknown, input: unknown) => ({ name, input })]),
  )
  return createDoor(handlers as unknown as Handlers, createRateLimits())
}

function signedIn(parts: Parameters<typeof anApiAlone>[0] = {}) {
  const { app, cookie } = anApiAlone({ door: anEcho(), ...parts })
  return (method: string, url: string, payload?: unknown, headers: object = {}) =>
    app.inject({
      method: method as 'GET',
      url,
      headers: {
        cookie,
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && {
        payload:
          typeof payload === 'string' || Buffer.isBuffer(payload)
            ? payload
            : JSON.stringify(payload),
      }),
    })
}

const key = '0b7a3d52-6b1c-4c39-8f6e-5f2f9b1c7d10'
const messages = '/api/conversations/7/messages'

describe('every operation', () => {
  it.each(operationNames)('%s has its route, for people who are signed in', async (name) => {
    const { app } = anApiAlone()
    const { method, path } = operations[name]
    const answer = await app.inject({ method, url: path.replaceAll(/:\w+/g, '1') })
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toEqual({
      error: { name: 'unauthorized', code: 101, message: 'unauthorized' },
    })
    expect(answer.headers['cache-control']).toBe('private, no-store')
  })
})

describe('input', () => {
  it('comes from the path, the query and the body, as the types of the schema', async () => {
    const ask = signedIn()
    const changes = await ask('GET', '/api/conversations/7/changes?after=0&limit=9&epoch=123&x=1')
    expect(changes.json().input).toEqual({ id: 7, after: 0, limit: 9, epoch: '123' })
    const sent = await ask('POST', messages, { content: 'hi', clientKey: key })
    expect(sent.json().input).toEqual({ conversationId: 7, content: 'hi', clientKey: key })
    const removed = await ask('DELETE', '/api/conversations/7/members/9')
    expect(removed.json().input).toEqual({ id: 7, userId: 9 })
    expect(sent.headers['cache-control']).toBe('private, no-store')
  })

  it('of the body does not override the path', async () => {
    const ask = signedIn()
    const body = { conversationId: 9, content: 'hi', clientKey: key }
    expect((await ask('POST', messages, body)).json().input.conversationId).toBe(7)
  })

  it('may be missing where nothing is needed', async () => {
    const ask = signedIn()
    expect((await ask('POST', '/api/conversations/7/join')).statusCode).toBe(200)
    const empty = { 'content-type': 'application/json' }
    expect((await ask('POST', '/api/conversations/7/join', '', empty)).statusCode).toBe(200)
    expect((await ask('DELETE', '/api/messages/7', '', empty)).statusCode).toBe(200)
  })

  it.each([
    ['GET', '/api/conversations/0', 'id'],
    ['GET', '/api/conversations/-1', 'id'],
    ['GET', '/api/conversations/01', 'id'],
    ['GET', '/api/conversations/1e3', 'id'],
    ['GET', '/api/conversations/1.0', 'id'],
    ['GET', '/api/conversations/0x1', 'id'],
    ['GET', '/api/conversations/%31x', 'id'],
    ['GET', '/api/conversations/%00', 'id'],
    ['GET', '/api/conversations/9007199254740993', 'id'],
    ['GET', '/api/conversations/99999999999999999999', 'id'],
    ['GET', '/api/conversations/NaN', 'id'],
    ['GET', '/api/conversations/7/changes', 'after'],
    ['GET', '/api/conversations/7/changes?after=', 'after'],
    ['GET', '/api/conversations/7/changes?after=1&after=2', 'after'],
    ['GET', '/api/conversations/7/changes?after=1&limit=501', 'limit'],
    ['GET', '/api/conversations/7/changes?after=1&limit=0', 'limit'],
    ['GET', '/api/conversations/7/changes?after=true', 'after'],
    ['GET', '/api/conversations?scope=all', 'scope'],
    ['GET', `${messages}?before=%EF%BC%91`, 'before'],
  ])('%s %s is refused for its %s', async (method, url, field) => {
    const answer = await signedIn()(method, url)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error).toMatchObject({ name: 'invalidInput', code: 400, field })
  })

  it.each([
    [{}, 'content'],
    [{ content: { $gt: '' }, clientKey: key }, 'content'],
    [{ content: ['hi'], clientKey: key }, 'content'],
    [{ content: null, clientKey: key }, 'content'],
    [{ content: 1, clientKey: key }, 'content'],
    [{ content: '', clientKey: key }, 'content'],
    [{ content: ' \n\u3000', clientKey: key }, 'content'],
    [{ content: 'a\0b', clientKey: key }, 'content'],
    [{ content: 'x'.repeat(10_001), clientKey: key }, 'content'],
    [`{"content":"\\ud83d","clientKey":"${key}"}`, 'content'],
    [`{"content":${'['.repeat(10_000)}${']'.repeat(10_000)},"clientKey":"${key}"}`, 'content'],
    [{ content: 'hi', clientKey: { $ne: null } }, 'clientKey'],
    [{ content: 'hi', clientKey: 'key' }, 'clientKey'],
    ['{"content":"hi"', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['"hi"', undefined],
    ['1', undefined],
    [`{"__proto__":{"content":"hi"},"clientKey":"${key}"}`, undefined],
    [`{"constructor":{"prototype":{"a":1}},"content":"hi","clientKey":"${key}"}`, undefined],
  ])('%j is no message: 400 for its %s', async (body, field) => {
    const answer = await signedIn()('POST', messages, body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error.name).toBe('invalidInput')
    expect(answer.json().error.field).toBe(field)
  })

  it('in broken UTF-8 is refused', async () => {
    const payload = Buffer.from('{"content":"\xff"}', 'latin1')
    const answer = await signedIn()('POST', messages, payload)
    expect([answer.statusCode, answer.json().error.name]).toEqual([400, 'invalidInput'])
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'garbage'])(
    'in %s is refused with 415',
    async (type) => {
      const ask = signedIn()
      const answer = await ask('POST', messages, 'content=hi', { 'content-type': type })
      expect(answer.statusCode).toBe(415)
      expect(answer.json().error.name).toBe('unsupportedMediaType')
    },
  )

  it('beyond 64 KiB is refused with 413', async () => {
    const ask = signedIn()
    const answer = await ask('POST', messages, { content: 'x'.repeat(70_000), clientKey: key })
    expect([answer.statusCode, answer.json().error.name]).toEqual([413, 'tooLarge'])
  })
})

describe('requests that other sites cause', () => {
  it.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost.evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' }, 200],
    [{}, 200],
  ])('%j: %i', async (headers, status) => {
    const ask = signedIn()
    expect(
      (await ask('POST', '/api/conversations/7/join', {}, { ...headers, host: 'localhost' }))
        .statusCode,
    ).toBe(status)
  })

  it('are told apart by the public address too', async () => {
    const ask = signedIn({ config: { publicUrl: 'http://chat.example' } })
    const headers = { host: '10.0.0.7:8080', origin: 'http://chat.example' }
    expect((await ask('POST', '/api/conversations/7/join', {}, headers)).statusCode).toBe(200)
  })
})

describe('a path', () => {
  const errorOf = async (app: FastifyInstance, method: string, url: string) => {
    const answer = await app.inject({ method: method as 'GET', url })
    return [answer.statusCode, answer.json().error.name, answer.headers['x-content-type-options']]
  }

  it('under /api that leads nowhere is answered in JSON', async () => {
    const { app } = anApiAlone()
    expect(await errorOf(app, 'GET', '/api/nothing')).toEqual([404, 'notFound', 'nosniff'])
    expect(await errorOf(app, 'GET', '/api/conversations/%zz')).toEqual([
      400,
      'badRequest',
      'nosniff',
    ])
  })

  it('names its methods when it is asked with another one', async () => {
    const { app } = anApiAlone()
    const answer = await app.inject({ method: 'PUT', url: messages })
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST, GET'])
    expect(answer.json().error.name).toBe('methodNotFound')
  })
})

describe('what goes wrong', () => {
  it('by a bug is logged once with its cause, and shows a request id and nothing else', async () => {
    const log = { ...silentLog, error: vi.fn() }
    const bug = new Error('password=hunter2 at row 7')
    const door = { perform: async () => Promise.reject(bug) }
    const ask = signedIn({ door, log })
    const answer = await ask('GET', '/api/users/me')
    expect(answer.statusCode).toBe(500)
    const { error } = answer.json()
    expect(error).toEqual({
      name: 'internal',
      code: 100,
      message: 'internal server error',
      requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(log.error).toHaveBeenCalledOnce()
    expect(log.error.mock.calls[0]![0]).toMatchObject({ err: bug, requestId: error.requestId })
  })

  it.each([
    [new Refusal('notFound'), 404, undefined],
    [new Refusal('permissionDenied'), 403, undefined],
    [new Refusal('unavailable', { cause: new Error('db') }), 503, undefined],
    [new Refusal('tooManyRequests', { retryAfterSeconds: 7 }), 429, '7'],
  ])('as expected is answered from the table: %s', async (refusal, status, retryAfter) => {
    const log = { ...silentLog, error: vi.fn() }
    const ask = signedIn({ door: { perform: async () => Promise.reject(refusal) }, log })
    const answer = await ask('GET', '/api/users/me')
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([status, retryAfter])
    expect(answer.json().error).toMatchObject({ name: refusal.reason, message: refusal.message })
    expect(log.error).not.toHaveBeenCalled()
  })

  it('too often is refused on this door as on the other', async () => {
    const ask = signedIn()
    const body = { currentPassword: 'x', newPassword: 'long enough' }
    const statuses = []
    for (let n = 0; n < 11; n++) {
      statuses.push((await ask('POST', '/api/users/me/password', body)).statusCode)
    }
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429])
  })
})

describe('the log', () => {
  it('holds no token, password, message or query', async () => {
    const lines: string[] = []
    const keep = (...args: unknown[]) => void lines.push(JSON.stringify(args))
    const log = { debug: keep, info: keep, warn: keep, error: keep }
    const { app } = await anApi({ log, door: anEcho() })
    const browser = aBrowser(app)
    await browser.signIn('john', 'planted wrong password')
    await browser.signIn()
    await browser.get('/api/conversations?limit=1&planted=query')
    const text = lines.join('\n')
    expect(text).toContain('/api/conversations')
    for (const secret of ['planted', 'correct horse', ...browser.jar.values()]) {
      expect(text).not.toContain(secret)
    }
  })
})
