import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeReplies, encodeCommands } from '../../../test/protobuf.ts'
import type { Publication } from '../../delivery/publication.ts'
import { Disconnect } from '../disconnect.ts'
import type { Codec, Message } from './codec.ts'
import { codecs } from './codecs.ts'
import { protobufCodec } from './protobuf.ts'

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex')
const decode = (digits: string) => protobufCodec.decode(hex(digits))

describe('a message', () => {
  test('holds one command after the other, each after its length', () => {
    // {id: 1, connect: {}}, {id: 300, unsubscribe: {channel: 'chat'}}, {}
    expect(decode('04 0801 2200  0b 08ac02 3206 0a0463686174  00')).toEqual([
      { id: 1, name: 'connect', request: {} },
      { id: 300, name: 'unsubscribe', request: { channel: 'chat' } },
      { id: 0, name: 'pong' },
    ])
  })

  test('carries JSON in the bytes of its data', () => {
    // rpc = {data = '{"a":"é"}', method = 'x'}
    expect(decode('13 0802 6a0f 0a0a 7b2261223a22c3a9227d 120178 00')).toMatchObject([
      { id: 2, name: 'rpc', request: { data: { a: 'é' }, method: 'x' } },
      { name: 'pong' },
    ])
    expect(decode('06 0802 6a02 0a00')).toEqual([{ id: 2, name: 'rpc', request: {} }])
    expect(decode('0a 0802 6a06 0a04 6e756c6c')).toEqual([{ id: 2, name: 'rpc', request: {} }])
  })

  test('may hold fields that nobody knows, of any kind', () => {
    const unknown = 'a00601 a106 0102030405060708 a206 02abcd a506 01020304'
    expect(decode(`1e 0801 ${unknown} 2202 3801`)).toEqual([
      { id: 1, name: 'connect', request: {} },
    ])
  })

  test.each([
    ['nothing', ''],
    ['a length alone', '05'],
    ['a length that breaks off', '80'],
    ['a length of 10 MB', '80ade204 0801'],
    ['a length of 2⁶³', 'ffffffffffffffff7f 0801'],
    ['a length of more than ten bytes', 'ffffffffffffffffffff01'],
    ['a field that breaks off', '02 0880'],
    ['a field longer than its message', '04 2205 0801'],
    ['a field longer than the one around it', '0a 0801 3206 0a0663686174'],
    ['the field 0', '04 0801 0200'],
    ['a group', '06 0801 a306 a406'],
    ['a wire type there is not', '04 0801 a606'],
    ['a number where a message belongs', '04 0801 2001'],
    ['bytes where a number belongs', '05 0a0101 2200'],
    ['a command there is not', '05 0801 8201 00'],
    ['an id of more than 32 bits', '08 08 8080808010 2200'],
    ['a connect without an id', '02 2200'],
    ['a channel in broken UTF-8', '08 0802 3204 0a02 c328'],
    ['a channel with half a surrogate pair', '09 0802 3205 0a03 eda080'],
    ['no channel', '04 0802 3200'],
    ['data in broken UTF-8', '0a 0802 6a06 0a04 22c32822'],
    ['data that is no JSON', '07 0802 6a03 0a017b'],
    ['data that breaks off', '08 0802 6a04 0a05 7b7d'],
    ['a position of 2⁵³', '13 0802 2a0f 0a0463686174 38 8080808080808010'],
    ['a position of 2⁶⁴ − 1', '15 0802 2a11 0a0463686174 38 ffffffffffffffffff01'],
    ['something bad after something good', '04 0801 2200 01'],
  ])('of %s is refused', (_what, digits) => {
    expect(() => decode(digits)).toThrow(Disconnect)
  })

  test('is decoded or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          expect(Array.isArray(protobufCodec.decode(Buffer.from(bytes)))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(Disconnect)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a command', () => {
  const largest = Number.MAX_SAFE_INTEGER
  test.each([
    { id: 0xffff_ffff, ping: {} },
    { id: 1, connect: { token: 'a.b.c', data: { authToken: 'x' }, name: 'js', version: '5' } },
    {
      id: 1,
      connect: { subs: { __proto__: null, chat: { recover: true, epoch: 'e', offset: largest } } },
    },
    {
      id: 2,
      subscribe: { channel: '世界', recover: true, epoch: 'e', offset: 2 ** 40, data: [1] },
    },
    {
      id: 3,
      history: { channel: 'c', limit: -1, since: { offset: 1, epoch: 'e' }, reverse: true },
    },
    { id: 3, history: { channel: 'c', limit: 2 ** 31 - 1 } },
    { id: 4, publish: { channel: 'c', data: 'x' } },
    { id: 4, presence: { channel: 'c' } },
    { id: 4, presence_stats: { channel: 'x'.repeat(300) } },
    { id: 5, refresh: { token: 'x' } },
    { id: 5, sub_refresh: { channel: 'c', token: 'x' } },
    { send: { data: { a: [null, true, 1.5] } } },
    { id: 6, rpc: { method: 'm', data: 0 }, history: { channel: 'first' } },
  ])('is the same as in the JSON form: %j', (command) => {
    const asJson = codecs.json.decode(Buffer.from(JSON.stringify(command)))
    expect(protobufCodec.decode(encodeCommands(command))).toEqual(asJson)
  })

  test('names its channels whatever it likes, and nothing else changes', () => {
    const entry = '1a0d 0a09 5f5f70726f746f5f5f 1200'
    const [command] = decode(`13 0801 220f ${entry}`)
    const { subs } = (command as { request: { subs: object } }).request
    expect(Object.keys(subs)).toEqual(['__proto__'])
  })
})

/** What a client reads from the frame. */
function read(codec: Codec, frame: Buffer): any[] {
  expect(frame[0]).toBe(codec.form === 'json' ? 0x81 : 0x82)
  const header = frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10
  const payload = frame.subarray(header)
  if (codec.form === 'protobuf') return decodeReplies(payload)
  const lines = payload.toString().split('\n')
  return lines.map((line) => JSON.parse(line))
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
const offset = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const count = fc.integer({ min: 1, max: 0xffff_ffff })
const yes = fc.constant(true as const)
const data = fc.jsonValue().filter((value) => value !== undefined)
const publication: fc.Arbitrary<Publication> = fc.record(
  {
    channel: text,
    data: data.map((value) => JSON.stringify(value)),
    position: fc.record({ epoch: text, offset }),
    late: yes,
  },
  { requiredKeys: ['channel', 'data'] },
)
const subscribed = {
  recoverable: yes,
  positioned: yes,
  epoch: text,
  offset,
  was_recovering: yes,
  recovered: yes,
  data,
}
const subscribeResult = fc
  .record(
    { ...subscribed, publications: fc.array(publication, { minLength: 1, maxLength: 5 }) },
    { requiredKeys: ['recoverable'] },
  )
  .map((result) => result as object)
const expiring = { client: text, version: text, expires: yes, ttl: count }
const optional = <Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) =>
  fc.record(shape, { requiredKeys: [] })

const results: Record<string, fc.Arbitrary<unknown>> = {
  error: optional({ code: count, message: text, temporary: yes }),
  connect: fc.record(
    { ...expiring, data, ping: count, pong: yes, subs: fc.dictionary(text, subscribeResult) },
    { requiredKeys: ['client', 'subs'] },
  ),
  subscribe: fc.oneof(fc.constant({}), subscribeResult),
  unsubscribe: fc.constant({}),
  publish: fc.constant({}),
  presence: fc.record({ presence: fc.dictionary(text, fc.record({ user: text, client: text })) }),
  presence_stats: fc.record({ num_clients: fc.nat(), num_users: fc.nat() }),
  history: fc.record({
    publications: fc.array(publication, { maxLength: 5 }),
    epoch: text,
    offset: fc.nat(),
  }),
  rpc: fc.record({ data }),
  refresh: optional(expiring),
}

const pushes = fc.oneof(
  fc.record({ channel: text, unsubscribe: fc.record({ code: count, reason: text }) }),
  fc.record({
    channel: text,
    subscribe: fc.oneof(
      fc.constant({}),
      optional({ recoverable: yes, positioned: yes, epoch: text, offset, data }),
    ),
  }),
)

/** Where the JSON form is free to have an empty list or map, or not. */
const plain = (replies: any[]) =>
  replies.map((reply) =>
    reply.connect ? { ...reply, connect: { subs: {}, ...reply.connect } } : reply,
  )

describe('a reply', () => {
  test.each(Object.entries(results))('%s says the same in both forms', (name, result) => {
    fc.assert(
      fc.property(count, result, (id, value) => {
        const message = { id, [name]: value } as unknown as Message
        const [asJson, asProtobuf] = Object.values(codecs).map((codec) =>
          plain(read(codec, codec.encode(message))),
        )
        expect(asProtobuf).toEqual(asJson)
        expect(Object.keys(asProtobuf![0])).toEqual(['id', name])
      }),
    )
  })

  test('whose result is empty has it nevertheless', () => {
    const payload = (message: Message) => protobufCodec.encode(message).subarray(2).toString('hex')
    expect(payload({ id: 1, unsubscribe: {} })).toBe('0408013a00')
    expect(payload({ id: 1, publish: {} })).toBe('0408014200')
    expect(payload({ id: 1, subscribe: {} })).toBe('0408013200')
    expect(payload({ id: 1, rpc: { data: null } })).toBe('0a08016a060a046e756c6c')
    expect(payload({ push: { channel: 'c', subscribe: {} } })).toBe('0722051201634a00')
  })
})

describe('what is pushed', () => {
  test('says the same in both forms, also after a reply in its frame', () => {
    fc.assert(
      fc.property(pushes, (push) => {
        const messages = [{ id: 7, rpc: { data: 1 } }, { push }] as Message[]
        const [asJson, asProtobuf] = Object.values(codecs).map((codec) =>
          read(codec, codec.encode(...messages)),
        )
        expect(asProtobuf).toEqual(asJson)
        expect(asProtobuf!.length).toBe(2)
      }),
    )
  })

  test('of publications says the same in both forms, in one frame', () => {
    fc.assert(
      fc.property(fc.array(publication, { minLength: 1, maxLength: 300 }), (publications) => {
        const [asJson, asProtobuf] = Object.values(codecs).map((codec) =>
          read(codec, codec.publications(publications)),
        )
        expect(asProtobuf).toEqual(asJson)
      }),
    )
  })

  test('as a publication is its channel, its data and its number', () => {
    const position = { epoch: 'e', offset: 300 }
    const frame = (more: object) =>
      protobufCodec.publications([{ channel: 'c', data: '1', ...more }]).toString('hex')
    expect(frame({ position })).toBe('820e0d220b120163220622013130ac02')
    expect(frame({ position, late: true })).toBe('820b0a22081201632203220131')
  })

  test('as a ping is one zero byte', () => {
    expect(protobufCodec.ping.toString('hex')).toBe('820100')
  })
})
