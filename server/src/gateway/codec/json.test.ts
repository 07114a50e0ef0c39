import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { Disconnect } from '../disconnect.ts'
import { jsonCodec } from './json.ts'

const decodeFrame = (text: string) => jsonCodec.decode(Buffer.from(text))

describe('a frame', () => {
  test('holds one command per line, in order, with one newline at its end tolerated', () => {
    const lines = ['{"id":1,"connect":{}}', '{"id":2,"unsubscribe":{"channel":"chat"}}', '{}']
    const commands = [
      { id: 1, name: 'connect', request: {} },
      { id: 2, name: 'unsubscribe', request: { channel: 'chat' } },
      { id: 0, name: 'pong' },
    ]
    expect(decodeFrame(lines.join('\n'))).toEqual(commands)
    expect(decodeFrame(`${lines.join('\n')}\n`)).toEqual(commands)
    expect(decodeFrame(lines.join('\r\n'))).toEqual(commands)
  })

  test.each(['', '\n', '{}\n\n', '\n{}', 'x', '{', '[]', 'null', '1', '"{}"', '{}{}', '\u0000'])(
    '%j is refused',
    (text) => {
      expect(() => decodeFrame(text)).toThrow(Disconnect)
    },
  )

  test('is decoded or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        try {
          expect(Array.isArray(decodeFrame(text))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(Disconnect)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

const decode = (command: object) => decodeFrame(JSON.stringify(command))[0]

describe('a command', () => {
  test('needs an id, apart from send and the pong', () => {
    expect(decode({ send: { data: 1 } })).toEqual({ id: 0, name: 'send', request: { data: 1 } })
    expect(decode({ id: 0xffff_ffff, rpc: {} })).toMatchObject({ id: 0xffff_ffff })
    for (const id of [undefined, 0, null, -1, 1.5, '1', 2 ** 32, [1], true])
      expect(() => decode({ id, rpc: {} }), JSON.stringify(id)).toThrow(Disconnect)
  })

  test('with an id and nothing that is known is refused', () => {
    for (const more of [{}, { dance: {} }, { rpc: null }, { method: 1, params: {} }])
      expect(() => decode({ id: 1, ...more })).toThrow(Disconnect)
  })

  test('of several requests is the first in the protocol’s order', () => {
    const all = { rpc: {}, history: { channel: 'x' }, subscribe: { channel: 'x' } }
    expect(decode({ id: 1, ...all })).toMatchObject({ name: 'subscribe' })
    expect(decode({ id: 1, ...all, connect: {} })).toMatchObject({ name: 'connect' })
    expect(decode({ id: 1, ...all, subscribe: null })).toMatchObject({ name: 'history' })
  })

  test.each(['subscribe', 'unsubscribe', 'publish', 'presence', 'presence_stats', 'history'])(
    '%s needs the name of a channel',
    (name) => {
      for (const channel of [undefined, null, '', 7, {}, ['chat']])
        expect(() => decode({ id: 1, [name]: { channel } })).toThrow(Disconnect)
      expect(decode({ id: 1, [name]: { channel: 'chat' } })).toMatchObject({ name })
    },
  )

  test('keeps fields that nobody looks at, and takes null for a field that is not there', () => {
    const request = { channel: 'chat', epoch: null, flag: 3, tf: [] }
    expect(decode({ id: 1, subscribe: request })).toEqual({
      id: 1,
      name: 'subscribe',
      request: { channel: 'chat', flag: 3, tf: [] },
    })
  })

  test('with a field of the wrong kind is refused', () => {
    const wrong: [string, object][] = [
      ['connect', { token: 1 }],
      ['connect', { subs: [] }],
      ['connect', { subs: { chat: null } }],
      ['connect', { subs: { chat: { offset: '1' } } }],
      ['subscribe', { channel: 'chat', recover: 'yes' }],
      ['subscribe', { channel: 'chat', offset: -1 }],
      ['subscribe', { channel: 'chat', offset: 2 ** 53 }],
      ['history', { channel: 'chat', limit: 1.5 }],
      ['history', { channel: 'chat', since: 5 }],
      ['history', { channel: 'chat', since: { offset: 1e308 } }],
      ['rpc', { method: { $ne: 1 } }],
      ['refresh', { token: {} }],
    ]
    for (const [name, request] of wrong)
      expect(() => decode({ id: 1, [name]: request }), JSON.stringify(request)).toThrow(Disconnect)
  })
})
