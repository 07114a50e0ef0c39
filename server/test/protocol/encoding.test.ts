import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Form } from '../../src/gateway/codec/codec.ts'
import { signIn, startApp, until } from '../app.ts'
import { forms, openWire } from '../wire.ts'

async function connected(form: Form = 'json') {
  const app = await startApp()
  const { cookie } = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { form, headers: { cookie } })
  await wire.connect()
  return { app, wire }
}

describe.each(forms)('in the %s form', (form) => {
  test('commands of one frame are answered in their order, each once', async () => {
    const { wire } = await connected(form)
    const before = wire.received.length
    wire.send(
      { id: 2, subscribe: { channel: 'chat' } },
      { id: 3, publish: { channel: 'chat', data: {} } },
      { id: 4, unsubscribe: { channel: 'chat' } },
      { id: 5, subscribe: { channel: 'chat' } },
    )
    await wire.reply(5)
    const ids = wire.received.slice(before).flatMap(({ id }) => id ?? [])
    expect([...ids].sort()).toEqual([2, 3, 4, 5])
    expect(ids.indexOf(4)).toBeGreaterThan(ids.indexOf(2))
    expect(wire.received.find(({ id }) => id === 5)).toHaveProperty('subscribe')
  })

  test('connect and what follows it may come in one frame', async () => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'john')
    const wire = await openWire(app.gatewayUrl, { form })
    wire.send(
      { id: 1, connect: { token: bearer } },
      { id: 2, subscribe: { channel: 'chat' } },
      { id: 3, rpc: { method: 'users.me' } },
    )
    await Promise.all([wire.reply(2), wire.reply(3)])
    expect(wire.received[0]).toHaveProperty('connect')
  })

  test('fields that newer clients send are ignored', async () => {
    const app = await startApp()
    const { bearer } = await signIn(app.url, 'john')
    const wire = await openWire(app.gatewayUrl, { form })
    const unknown = { flag: 3, dict: 'x', profile: 'y', headers: { a: 'b' }, tf: { op: 'and' } }
    expect(
      await wire.ask({ id: 1, connect: { token: bearer, ...unknown }, extra: 1 }),
    ).toHaveProperty('connect')
    const reply = await wire.ask({ id: 2, subscribe: { channel: 'chat', type: 0, ...unknown } })
    expect(reply.subscribe).toMatchObject({ recoverable: true })
    expect(reply.subscribe).not.toHaveProperty('id')
  })

  test('text with newlines, separators and quotes arrives as it was written', async () => {
    const { app, wire } = await connected(form)
    const content = 'one\ntwo\r\n\u2028 "three" \\ {} \u0007 ¬ 👋🏽 </script>'
    const data = { conversationId: 1, content, clientKey: randomUUID() }
    const sent = await wire.ask({ id: 2, rpc: { method: 'messages.send', data } })
    expect(sent.rpc.data.message.content).toBe(content)
    await until('it came', () => wire.publications('conversation:1').length === 1)
    const [{ data: change }] = wire.publications('conversation:1')
    expect(change.message).toEqual(sent.rpc.data.message)
    const { publications } = (
      await wire.ask({ id: 3, history: { channel: 'conversation:1', limit: 1, reverse: true } })
    ).history
    expect(publications).toEqual(wire.publications('conversation:1'))
    const listed = await wire.ask({
      id: 4,
      rpc: { method: 'messages.list', data: { conversationId: 1 } },
    })
    expect(listed.rpc.data.messages[0].content).toBe(content)
    expect(app.app).toBeDefined()
  })

  test('the first of several requests in one command decides', async () => {
    const { wire } = await connected(form)
    const reply = await wire.ask({
      id: 2,
      rpc: { method: 'users.me' },
      unsubscribe: { channel: 'x' },
    })
    expect(reply).toEqual({ id: 2, unsubscribe: {} })
  })

  test('many commands at once are all answered, and meanwhile others are served', async () => {
    const { app, wire } = await connected(form)
    const { cookie } = await signIn(app.url, 'bill')
    const other = await openWire(app.gatewayUrl, { headers: { cookie } })
    const commands = Array.from({ length: 280 }, (_, index) => ({
      id: index + 10,
      rpc: { method: 'users.me' },
    }))
    wire.send(...commands.slice(0, 140))
    for (const command of commands.slice(140)) wire.send(command)
    expect(await other.connect()).toHaveProperty('connect')
    await until('all are answered', () => wire.received.filter(({ rpc }) => rpc).length === 280)
  })
})

test('a trailing newline is tolerated, an empty line is not', async () => {
  const { wire } = await connected()
  wire.sendText('{"id":2,"rpc":{"method":"users.me"}}\n')
  expect(await wire.reply(2)).toHaveProperty('rpc')
  wire.sendText('{"id":3,"rpc":{"method":"users.me"}}\n\n')
  expect(await wire.end()).toEqual({ code: 3501, reason: 'bad request' })
})

test('null stands for a field that is not there', async () => {
  const app = await startApp()
  const { bearer } = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl)
  const connect = { token: bearer, data: null, subs: null, name: null }
  expect(await wire.ask({ id: 1, connect, rpc: null })).toHaveProperty('connect')
  expect(
    await wire.ask({ id: 2, connect: null, subscribe: { channel: 'chat', epoch: null } }),
  ).toHaveProperty('subscribe')
})

test('empty results are there, errors have no result, and zeros are left out', async () => {
  const { wire } = await connected()
  const line = async (command: { id: number }) => {
    await wire.ask(command as never)
    return wire.frames
      .flatMap((frame) => frame.split('\n'))
      .find((each) => each.startsWith(`{"id":${command.id},`))
  }
  const ask = (id: number, name: string, request: object) =>
    line({ id, [name]: request } as { id: number })
  expect(await ask(2, 'unsubscribe', { channel: 'nothing' })).toBe('{"id":2,"unsubscribe":{}}')
  expect(await ask(3, 'publish', { channel: 'chat', data: 1 })).toBe(
    '{"id":3,"error":{"code":103,"message":"permission denied"}}',
  )
  expect(await ask(4, 'rpc', { method: 'no.such' })).toBe(
    '{"id":4,"error":{"code":104,"message":"method not found"}}',
  )
  expect(await ask(5, 'history', { channel: 'chat' })).toMatch(
    /^\{"id":5,"history":\{"publications":\[\],"epoch":"[^"]+","offset":0\}\}$/,
  )
  expect(await ask(6, 'subscribe', { channel: 'chat' })).not.toMatch(
    /recovered|publications|expires/,
  )
})
