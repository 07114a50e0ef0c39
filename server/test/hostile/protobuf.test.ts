import { expect, test } from 'vitest'
import { signIn, startApp } from '../app.ts'
import { openWire } from '../wire.ts'
import { aBystander } from './bystander.ts'
import { opcodes, rawFrame, tcpOf } from './raw.ts'

const { text, binary, continuation } = opcodes
const inBinary = (hex: string, options = {}) =>
  rawFrame(Buffer.from(hex.replaceAll(' ', ''), 'hex'), { opcode: binary, ...options })

/** Each ends a connection of the protobuf form, connected or not. */
const hostile: [what: string, code: number, frames: Buffer][] = [
  ['is text', 3506, rawFrame('{"id":1,"connect":{}}', { opcode: text })],
  ['is empty', 3501, inBinary('')],
  ['has a varint that breaks off', 3501, inBinary('80')],
  ['has a varint without an end', 3501, inBinary('ff'.repeat(200))],
  ['breaks off', 3501, inBinary('06 0802 6a02 0a')],
  ['claims a command of 10 MB', 3501, inBinary('80ade204 0802 6a00')],
  ['claims data of 10 MB', 3501, inBinary('08 0802 6a06 0a 80ade204')],
  ['claims a command of 2⁶³ bytes', 3501, inBinary('ffffffffffffffff7f 0802')],
  ['nests groups 10,000 times', 3501, inBinary('904e' + '0b'.repeat(10_000))],
  ['nests messages 5,000 times', 3501, inBinary('904e' + '22ff'.repeat(5_000))],
  ['holds a channel in broken UTF-8', 3501, inBinary('08 0802 3204 0a02 c328')],
  ['holds data that is no JSON', 3501, inBinary('07 0802 6a03 0a017b')],
  ['holds 60,000 pongs', 3013, inBinary('00'.repeat(60_000))],
  ['is over the limit', 1009, inBinary('00'.repeat(300_000))],
  ['promises 1 MB', 1009, inBinary('00', { length: 1_048_576n })],
  ['continues nothing', 1002, rawFrame('x', { opcode: continuation })],
]

test('a bad frame of the protobuf form ends its connection, and nobody else’s', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  const { cookie } = await signIn(app.url, 'john')
  for (const [what, code, frames] of hostile) {
    for (const connected of [false, true]) {
      const wire = await openWire(app.gatewayUrl, { form: 'protobuf', headers: { cookie } })
      if (connected) await wire.connect()
      tcpOf(wire).write(frames)
      expect((await wire.end()).code, `${what}, connected: ${connected}`).toBe(code)
    }
  }
  await bystander.noticesNothing()
})

test('what nobody knows is passed over, however much of it there is', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  const { cookie } = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { form: 'protobuf', headers: { cookie } })
  await wire.connect()
  // {id: 2, rpc: {method: 'users.me'}}, and 20,000 times the field 100.
  const known = '0802 6a0a 1208 75736572732e6d65'.replaceAll(' ', '')
  tcpOf(wire).write(inBinary(`eed403${known}${'a00601'.repeat(20_000)}`))
  expect((await wire.reply(2)).rpc.data.user.username).toBe('john')
  await bystander.noticesNothing()
})
