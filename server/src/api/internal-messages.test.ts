import { Refusal } from '@parley/protocol/refusal'
import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../test/silent-log.ts'
import type { Internal } from './internal-messages.ts'
import { anApiAlone } from './testing/an-api.ts'

const url = '/api/ws/messages'
const token = 'a shared secret'
const good = { conversation_id: 1, sender_id: 2, content: 'hi' }
const key = '0B7A3D52-6B1C-4C39-8F6E-5F2F9B1C7D10'

function anEndpoint(send: Internal['send'] = async () => ({ id: 41 }), internalToken?: string) {
  const sent = vi.fn(send)
  const log = { ...silentLog, error: vi.fn() }
  const config = { internalToken: internalToken ?? token }
  const { app, cookie } = anApiAlone({ internal: { send: sent }, config, log })
  const post = (payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'x-internal-token': token, 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    })
  return { app, cookie, log, sent, post }
}

describe('the internal API', () => {
  it.each([{}, { accept: 'application/json' }, { accept: '*/*' }, { accept: 'text/html' }])(
    'stores a message and answers with its id: %j',
    async (headers) => {
      const { post, sent } = anEndpoint()
      const answer = await post(good, headers as Record<string, string>)
      expect([answer.statusCode, answer.json()]).toEqual([200, { id: 41, status: 'ok' }])
      expect(sent).toHaveBeenCalledWith({ conversationId: 1, senderId: 2, content: 'hi' })
    },
  )

  it('hands a client key on, so that a retry stores nothing new', async () => {
    const { post, sent } = anEndpoint()
    await post({ ...good, client_key: key })
    expect(sent.mock.calls[0]![0]).toHaveProperty('clientKey', key.toLowerCase())
    await post({ ...good, client_key: null })
    expect(sent.mock.calls[1]![0]).not.toHaveProperty('clientKey')
  })

  it('takes the longest message even when every character is escaped', async () => {
    const { post, sent } = anEndpoint()
    const body = `{"conversation_id":1,"sender_id":2,"content":"${'\\ud83d\\ude00'.repeat(10_000)}"}`
    expect((await post(body)).statusCode).toBe(200)
    expect(sent.mock.calls[0]![0].content).toBe('😀'.repeat(10_000))
  })
})

describe('without the token', () => {
  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a wrong one', 'wrong'],
    ['a longer one', `${token}x`],
    ['a part of it', token.slice(1)],
  ])('%s: 401, before the body is looked at', async (_, given) => {
    const { app, sent } = anEndpoint()
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: { ...(given !== undefined && { 'x-internal-token': given }) },
      payload: '{"broken',
    })
    expect([answer.statusCode, answer.json()]).toEqual([401, { message: 'Unauthorized' }])
    expect(sent).not.toHaveBeenCalled()
  })

  it('a login is no substitute', async () => {
    const { app, cookie } = anEndpoint()
    const answer = await app.inject({ method: 'POST', url, headers: { cookie }, payload: good })
    expect(answer.statusCode).toBe(401)
  })

  it.each(['', undefined])('nobody gets in where it is %j in the configuration', async (unset) => {
    const { app } = anApiAlone({ config: { internalToken: unset } })
    for (const given of ['', 'undefined', token]) {
      const headers = { 'x-internal-token': given }
      expect((await app.inject({ method: 'POST', url, headers, payload: good })).statusCode).toBe(
        401,
      )
    }
  })
})

const required = (name: string) => `The ${name} field is required.`
const all = {
  conversation_id: [required('conversation id')],
  sender_id: [required('sender id')],
  content: [required('content')],
}

describe('bad input', () => {
  it.each([
    ['{}', all],
    ['', all],
    ['{"broken', all],
    ['[1]', all],
    ['null', all],
    ['"text"', all],
    ['{"__proto__":{"conversation_id":1},"sender_id":2,"content":"x"}', all],
  ])('%s lacks every field', async (body, errors) => {
    const { post } = anEndpoint()
    const answer = await post(body)
    expect([answer.statusCode, answer.json()]).toEqual([
      422,
      { message: 'The conversation id field is required. (and 2 more errors)', errors },
    ])
  })

  it.each([
    ['conversation_id', undefined, required('conversation id')],
    ['conversation_id', null, required('conversation id')],
    ['conversation_id', '', required('conversation id')],
    ['conversation_id', 'one', 'The conversation id field must be an integer.'],
    ['conversation_id', 1.5, 'The conversation id field must be an integer.'],
    ['conversation_id', true, 'The conversation id field must be an integer.'],
    ['conversation_id', [1], 'The conversation id field must be an integer.'],
    ['conversation_id', { id: 1 }, 'The conversation id field must be an integer.'],
    ['conversation_id', 0, 'The selected conversation id is invalid.'],
    ['conversation_id', -1, 'The selected conversation id is invalid.'],
    ['conversation_id', 1e21, 'The selected conversation id is invalid.'],
    ['sender_id', undefined, required('sender id')],
    ['sender_id', '2x', 'The sender id field must be an integer.'],
    ['sender_id', { $gt: 0 }, 'The sender id field must be an integer.'],
    ['content', undefined, required('content')],
    ['content', null, required('content')],
    ['content', '', required('content')],
    ['content', ' \n\t', required('content')],
    ['content', 7, 'The content field must be a string.'],
    ['content', ['hi'], 'The content field must be a string.'],
    ['content', { text: 'hi' }, 'The content field must be a string.'],
    ['content', 'a\0b', 'The content field must be valid text.'],
    ['content', 'a\ud83d', 'The content field must be valid text.'],
    ['content', 'x'.repeat(10_001), 'The content field must not be greater than 10000 characters.'],
    ['client_key', 'mine', 'The client key field must be a valid UUID.'],
    ['client_key', 7, 'The client key field must be a valid UUID.'],
  ])('%s = %j is named', async (field, value, sentence) => {
    const { post, sent } = anEndpoint()
    const answer = await post({ ...good, [field]: value })
    expect([answer.statusCode, answer.json()]).toEqual([
      422,
      { message: sentence, errors: { [field]: [sentence] } },
    ])
    expect(sent).not.toHaveBeenCalled()
  })

  it.each([
    ['conversation_id', 'notFound', 'The selected conversation id is invalid.'],
    ['sender_id', 'notFound', 'The selected sender id is invalid.'],
    ['client_key', 'conflict', 'The client key has already been taken.'],
  ] as const)('%s is named where the rules refuse it', async (field, reason, sentence) => {
    const { post } = anEndpoint(async () => Promise.reject(new Refusal(reason, { field })))
    const answer = await post(good)
    expect([answer.statusCode, answer.json()]).toEqual([
      422,
      { message: sentence, errors: { [field]: [sentence] } },
    ])
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'garbage'])(
    'is told from good input by the body, not by %s',
    async (type) => {
      const { post } = anEndpoint()
      expect((await post(good, { 'content-type': type })).statusCode).toBeLessThan(423)
      expect((await post('a=b', { 'content-type': type })).json()).toHaveProperty('message')
    },
  )
})

describe('what goes wrong', () => {
  it.each([
    [new Refusal('unavailable'), 503, 'service unavailable, try again'],
    [new Refusal('tooManyRequests', { retryAfterSeconds: 3 }), 429, 'too many requests'],
  ])('%s keeps the shape', async (refusal, status, message) => {
    const { post } = anEndpoint(async () => Promise.reject(refusal))
    const answer = await post(good)
    expect([answer.statusCode, answer.json()]).toEqual([status, { message }])
  })

  it('by a bug shows a request id only', async () => {
    const { post, log } = anEndpoint(async () => Promise.reject(new Error('row 7')))
    const answer = await post(good)
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      message: 'internal server error',
      requestId: expect.any(String),
    })
    expect(log.error).toHaveBeenCalledOnce()
  })

  it('when far too much arrives is said', async () => {
    const { post } = anEndpoint()
    const answer = await post({ ...good, content: 'x'.repeat(200_000) })
    expect([answer.statusCode, answer.json()]).toEqual([413, { message: 'too large' }])
  })
})
