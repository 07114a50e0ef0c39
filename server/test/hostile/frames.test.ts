import { describe, expect, test } from 'vitest'
import { signIn, startApp, until } from '../app.ts'
import { openWire, type Wire } from '../wire.ts'
import { anAttacker, aBystander } from './bystander.ts'
import { opcodes, rawFrame, tcpOf } from './raw.ts'

const { continuation, binary, close, ping } = opcodes
const broken = Buffer.from([0x22, 0xff, 0xfe, 0x22])
const invalidFrames: [what: string, code: number, frames: Buffer][] = [
  ['is not masked', 1002, rawFrame('{}', { masked: false })],
  ['sets a reserved bit', 1002, rawFrame('{}', { reserved: 0b100 })],
  ['sets all reserved bits', 1002, rawFrame('{}', { reserved: 0b111 })],
  ['has an opcode there is not', 1002, rawFrame('{}', { opcode: 3 })],
  ['has a control opcode there is not', 1002, rawFrame('', { opcode: 11 })],
  ['continues nothing', 1002, rawFrame('{}', { opcode: continuation })],
  ['begins before the last one ended', 1002, twice(rawFrame('{', { final: false }))],
  ['is a ping of 126 bytes', 1002, rawFrame('x'.repeat(126), { opcode: ping })],
  ['is a ping in fragments', 1002, rawFrame('x', { opcode: ping, final: false })],
  ['closes with one byte', 1002, rawFrame('x', { opcode: close })],
  ['closes with a code there is not', 1002, rawFrame(Buffer.from([0, 7]), { opcode: close })],
  ['closes with a reason in broken UTF-8', 1007, rawFrame(closing(), { opcode: close })],
  ['is text in broken UTF-8', 1007, rawFrame(broken)],
  ['is text with half a surrogate pair', 1007, rawFrame(Buffer.from('eda080', 'hex'))],
  ['promises 1 MB', 1009, rawFrame('{', { length: 1_048_576n })],
  ['promises more than numbers can count', 1009, rawFrame('{', { length: 2n ** 62n })],
  ['is binary', 3506, rawFrame('{}', { opcode: binary })],
]

function twice(frame: Buffer): Buffer {
  return Buffer.concat([frame, frame])
}

function closing(): Buffer {
  return Buffer.concat([Buffer.from([3, 232]), broken])
}

test('a frame that breaks the WebSocket protocol ends its connection, and nobody else’s', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  const { cookie } = await signIn(app.url, 'john')
  for (const [what, code, frames] of invalidFrames) {
    for (const connected of [false, true]) {
      const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
      if (connected) await wire.connect()
      tcpOf(wire).write(frames)
      expect((await wire.end()).code, `${what}, connected: ${connected}`).toBe(code)
    }
  }
  await bystander.noticesNothing()
})

test('what comes in one breath after a broken frame is not looked at', async () => {
  const app = await startApp()
  const wire = await anAttacker(app)
  const leave = { id: 9, rpc: { method: 'conversations.leave', data: { id: 1 } } }
  const command = rawFrame(JSON.stringify(leave))
  const tooLarge = rawFrame('x'.repeat(65_537))
  tcpOf(wire).write(Buffer.concat([tooLarge, command, rawFrame('{}', { opcode: binary }), command]))
  expect((await wire.end()).code).toBe(1009)
  expect((await app.db.members.list(1, { limit: 10 })).map(({ user }) => user.username)).toContain(
    'john',
  )
})

describe('a frame in pieces', () => {
  const question = '{"id":7,"rpc":{"method":"users.me"}}'

  /** One message in this many fragments; empty ones in the middle. */
  function inFragments(text: string, count: number): Buffer {
    const [head, last] = [text.slice(0, -1), text.slice(-1)]
    const middle = rawFrame('', { opcode: continuation, final: false })
    return Buffer.concat([
      rawFrame(head, { final: false }),
      ...Array.from({ length: count - 2 }, () => middle),
      rawFrame(last, { opcode: continuation }),
    ])
  }

  test('of 256 fragments is answered, of 257 ends with 1008', async () => {
    const app = await startApp()
    const bystander = await aBystander(app)
    const wire = await anAttacker(app)
    tcpOf(wire).write(inFragments(question, 256))
    expect((await wire.reply(7)).rpc.data.user.username).toBe('john')
    tcpOf(wire).write(inFragments(question, 257))
    expect((await wire.end()).code).toBe(1008)
    await bystander.noticesNothing()
  })

  test('with pings between its fragments is answered', async () => {
    const app = await startApp()
    const wire = await anAttacker(app)
    const parts = [question.slice(0, 5), question.slice(5)] as const
    tcpOf(wire).write(
      Buffer.concat([
        rawFrame(parts[0], { final: false }),
        rawFrame('are you there?', { opcode: ping }),
        rawFrame(parts[1], { opcode: continuation }),
      ]),
    )
    expect((await wire.reply(7)).rpc.data.user.username).toBe('john')
  })

  test('byte by byte is answered, and meanwhile others are', async () => {
    const app = await startApp()
    const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
    const bytes = rawFrame(question)
    await byteByByte(wire, bytes.subarray(0, -1))
    await bystander.noticesNothing()
    await byteByByte(wire, bytes.subarray(-1))
    expect((await wire.reply(7)).rpc.data.user.username).toBe('john')
  })

  test('that trickles in by thousands of bytes ends with 1008', async () => {
    const app = await startApp()
    const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
    await byteByByte(wire, rawFrame('x'.repeat(60_000)))
    expect((await wire.end()).code).toBe(1008)
    await bystander.noticesNothing()
  })
})

/** Each byte in a packet of its own, as far as the system lets us; until it is over. */
async function byteByByte(wire: Wire, bytes: Buffer): Promise<void> {
  const tcp = tcpOf(wire)
  tcp.setNoDelay(true)
  for (const byte of bytes) {
    if (wire.ended) return
    await new Promise<void>((sent) => tcp.write(Buffer.from([byte]), () => setImmediate(sent)))
  }
}

test('a frame that breaks off and is never continued ends with its silence', async () => {
  const app = await startApp({
    timers: { staleAfterMs: 100, pingIntervalMs: 100, pongTimeoutMs: 80 },
  })
  const fresh = await openWire(app.gatewayUrl)
  tcpOf(fresh).write(rawFrame('{"id":1,"connect":{', { length: 200n }))
  const connected = await anAttacker(app, { pongs: false })
  tcpOf(connected).write(rawFrame('{"id":2,', { length: 200n }))
  expect((await fresh.end()).code).toBe(3502)
  expect((await connected.end()).code).toBe(3012)
})

const deep = (levels: number, [open, closed]: [string, string]) =>
  open.repeat(levels) + closed.repeat(levels)
const nested: [what: string, json: string][] = [
  ['arrays', deep(10_000, ['[', ']'])],
  ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
]

describe('10,000 levels of nesting', () => {
  test.each(nested)('of %s are refused wherever they come', async (_what, json) => {
    const app = await startApp()
    const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
    const replies: [command: string, code: number][] = [
      [`"rpc":{"method":"messages.send","data":${json}}`, 400],
      [`"rpc":{"method":"users.changePassword","data":{"currentPassword":${json}}}`, 400],
      [`"rpc":{"method":"nothing","data":${json}}`, 104],
      [`"rpc":{"method":"thread:publish","data":${json}}`, 403],
      [`"publish":{"channel":"chat","data":${json}}`, 103],
    ]
    for (const [index, [command, code]] of replies.entries()) {
      wire.sendText(`{"id":${index + 2},${command}}`)
      expect((await wire.reply(index + 2)).error?.code, command.slice(0, 40)).toBe(code)
    }
    // A subscription's data means nothing here.
    wire.sendText(`{"id":20,"subscribe":{"channel":"chat","data":${json}}}`)
    expect(await wire.reply(20)).toHaveProperty('subscribe')
    const stranger = await openWire(app.gatewayUrl)
    stranger.sendText(`{"id":1,"connect":{"data":${json}}}`)
    expect((await stranger.reply(1)).error.code).toBe(403)
    stranger.sendText(json)
    expect((await stranger.end()).code).toBe(3501)
    await bystander.noticesNothing()
  })
})

test('operators, NUL and halves of characters are refused by name, and the connection goes on', async () => {
  const app = await startApp()
  const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
  const send = (data: object) => ({ rpc: { method: 'messages.send', data } })
  const draft = { conversationId: 1, content: 'x', clientKey: crypto.randomUUID() }
  const bad: [command: object, code: number, message: RegExp][] = [
    [send({ ...draft, content: { $ne: null } }), 400, /^content: /],
    [send({ ...draft, content: 'a\0b' }), 400, /^content: /],
    [send({ ...draft, content: '\ud800' }), 400, /^content: /],
    [send({ ...draft, content: 'x\udfff' }), 400, /^content: /],
    [send({ ...draft, conversationId: { $gt: 0 } }), 400, /^conversationId: /],
    [send({ ...draft, clientKey: ['x'] }), 400, /^clientKey: /],
    [{ rpc: { method: 'constructor', data: {} } }, 104, /./],
    [{ rpc: { method: '__proto__', data: {} } }, 104, /./],
    [{ rpc: { method: '\ud800\0', data: {} } }, 104, /./],
    [{ subscribe: { channel: '\ud800' } }, 102, /./],
    [{ subscribe: { channel: 'conversation:1\0' } }, 102, /./],
    [{ subscribe: { channel: '__proto__' } }, 102, /./],
    [{ history: { channel: 'conversation:1 or 1=1' } }, 102, /./],
  ]
  for (const [index, [command, code, message]] of bad.entries()) {
    const { error } = await wire.ask({ id: index + 2, ...command })
    expect(error, JSON.stringify(command)).toMatchObject({ code })
    expect(error.message).toMatch(message)
  }
  await bystander.noticesNothing()
})

test.each([
  ['a method', { rpc: { method: { $ne: '' } } }],
  ['a channel', { subscribe: { channel: { $gt: '' } } }],
  ['a token', { refresh: { token: ['x'] } }],
  ['a request', { rpc: ['users.me'] }],
  ['a position', { subscribe: { channel: 'chat', recover: true, offset: { $gt: 0 } } }],
])('%s of the wrong type ends the connection with 3501', async (_what, command) => {
  const app = await startApp()
  const [bystander, wire] = [await aBystander(app), await anAttacker(app)]
  wire.send({ id: 2, ...command })
  expect((await wire.end()).code).toBe(3501)
  await bystander.noticesNothing()
})

test('a connection whose other end has silently gone is given up', async () => {
  const timers = { pingIntervalMs: 1_500, pongTimeoutMs: 1_000 }
  const app = await startApp({ timers })
  const bystander = await aBystander(app)
  const gone = await anAttacker(app)
  const counted = async () => {
    const { presence_stats } = await bystander.ask({
      presence_stats: { channel: 'conversation:1' },
    })
    return presence_stats.num_clients as number
  }
  expect(await counted()).toBe(2)
  // Nothing is read and nothing answered from here on, not even a close.
  gone.socket.pause()
  await until('it is no longer counted', async () => (await counted()) === 1, 20_000)
  await bystander.noticesNothing()
})
