import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startApp, until, type TestApp } from '../app.ts'
import { aConversation, aUser } from '../database.ts'
import { aToken, tokenSecret } from '../tokens.ts'
import { openWire, type Wire } from '../wire.ts'

const room = 'conversation:1'
const [john, bill] = [1, 2]

const start = () => startApp({ tokenSecret })

async function aDevice(app: TestApp, user: number, subs: object = {}): Promise<Wire> {
  const wire = await openWire(app.gatewayUrl)
  await wire.connect({ token: aToken({ sub: String(user) }), subs })
  return wire
}

/** What a wire was told of state on a channel: publications without a number. */
const told = (wire: Wire, channel: string, type: string): any[] =>
  [...wire.state(channel), ...wire.publications(channel)]
    .map(({ data }) => data)
    .filter((data) => data.type === type)

let lastId = 1
const ask = (wire: Wire, command: object) => wire.ask({ id: ++lastId, ...command })

async function call(wire: Wire, method: string, data: object): Promise<any> {
  const answer = await ask(wire, { rpc: { method, data } })
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
  return answer.rpc.data
}

const send = (wire: Wire, content: string, conversationId = 1) =>
  call(wire, 'messages.send', { conversationId, content, clientKey: randomUUID() })

const positionOf = (reads: any[] | undefined, user: number) =>
  reads?.find(({ userId }) => userId === user)

/** One's own place after one move of it. */
const position = (lastReadSeq: number, lastReadOrdinal: number, fields: object = {}) => ({
  ...{ lastReadSeq, lastReadOrdinal, unread: 0, mentions: 0, rev: 1, lastSeq: lastReadSeq },
  ...fields,
})

/** Everything of the type so far, as a client puts it together. */
function positionsSeen(wire: Wire, channel = room): Map<number, { read: number; got: number }> {
  const seen = new Map<number, { read: number; got: number }>()
  for (const { data } of wire.state(channel)) {
    if (data.type === 'state') seen.clear()
    for (const id of data.hidden ?? []) seen.delete(id)
    for (const { userId, lastReadSeq, lastDeliveredSeq } of data.reads ?? [])
      seen.set(userId, { read: lastReadSeq, got: lastDeliveredSeq })
  }
  return seen
}

test('members see how far the others have received and read, and all my devices learn what I read', async () => {
  const app = await start()
  const writer = await aDevice(app, john)
  const [phone, laptop] = [await aDevice(app, bill), await aDevice(app, bill)]
  await send(writer, 'one')
  const { seq } = (await send(writer, 'two')).message

  await call(phone, 'conversations.delivered', { positions: [{ id: 1, seq }] })
  await until('john sees it arrive', () => positionsSeen(writer).get(bill)?.got === seq)
  expect(positionsSeen(writer).get(bill)!.read).toBeLessThan(seq)

  const answer = await call(phone, 'conversations.read', { id: 1, seq: seq - 1 })
  expect(answer).toEqual(position(seq - 1, 1, { unread: 1, lastSeq: seq }))
  await until('john sees it read', () => positionsSeen(writer).get(bill)?.read === seq - 1)
  expect(positionsSeen(writer).get(bill)!.got).toBe(seq)
  await until('the laptop', () => told(laptop, 'user:2', 'conversation.read').length > 0)
  expect(told(laptop, 'user:2', 'conversation.read')).toEqual([
    { type: 'conversation.read', conversationId: 1, ...answer },
  ])
  expect(told(writer, 'user:1', 'conversation.read')).toEqual([])
})

test('positions never go back, nor beyond the end', async () => {
  const app = await start()
  const wire = await aDevice(app, bill)
  const { seq } = (await send(await aDevice(app, john), 'one')).message
  const far = await call(wire, 'conversations.read', { id: 1, seq: 10 ** 15 })
  expect(far).toEqual(position(seq, 1))
  expect(await call(wire, 'conversations.read', { id: 1, seq: 1 })).toEqual(far)
  await call(wire, 'conversations.delivered', { positions: [{ id: 1, seq: 1 }] })
  const { state } = await call(wire, 'conversations.state', { id: 1 })
  expect(positionOf(state.reads, bill)).toEqual({
    userId: bill,
    lastReadSeq: seq,
    lastDeliveredSeq: seq,
  })
})

test('a storm of reads is few publications, and the last one says what holds', async () => {
  const app = await start()
  const [watcher, reader] = [await aDevice(app, john), await aDevice(app, bill)]
  for (let index = 0; index < 20; index++) await send(watcher, `${index}`)
  const { state } = await call(watcher, 'conversations.state', { id: 1 })
  const last = state.lastReadSeq
  const steps = Array.from({ length: 20 }, (_, index) => last - 19 + index)
  await Promise.all(steps.map((seq) => call(reader, 'conversations.read', { id: 1, seq })))
  await until('the end is read', () => positionsSeen(watcher).get(bill)?.read === last)
  expect(told(watcher, room, 'reads').length).toBeLessThanOrEqual(3)
})

test('a subscription begins with the whole state, also where nothing was missed', async () => {
  const app = await start()
  const first = await aDevice(app, john)
  const { seq } = (await send(first, 'one')).message
  const { epoch, data } = (await first.reply(1)).connect.subs[room]
  expect(data.reads.map(({ userId }: any) => userId)).toEqual([john, bill])
  first.socket.terminate()

  const other = await aDevice(app, bill)
  await call(other, 'conversations.read', { id: 1, seq })
  const back = await aDevice(app, john, { [room]: { recover: true, epoch, offset: seq } })
  expect((await back.reply(1)).connect.subs[room]).toMatchObject({ recovered: true, offset: seq })
  await until('the state came', () => told(back, room, 'state').length === 1)
  expect(told(back, room, 'state')[0]).toMatchObject({
    lastReadSeq: seq,
    unread: 0,
    reads: [
      { userId: john, lastReadSeq: seq, lastDeliveredSeq: seq },
      { userId: bill, lastReadSeq: seq, lastDeliveredSeq: seq },
    ],
  })

  const own = await openWire(app.gatewayUrl)
  await own.connect({ token: aToken({ sub: '1' }) })
  await ask(own, { subscribe: { channel: room } })
  await until('and for who asks', () => told(own, room, 'state').length === 1)
})

test('who switches read receipts off is not seen and does not see, from now on and at once', async () => {
  const app = await start()
  const [watcher, hider] = [await aDevice(app, john), await aDevice(app, bill)]
  const { seq } = (await send(watcher, 'one')).message
  await call(hider, 'conversations.read', { id: 1, seq })
  await until('john sees bill', () => positionsSeen(watcher).has(bill))

  const off = await call(hider, 'users.changeSettings', { readReceipts: false })
  expect(off).toEqual({ settings: { readReceipts: false, doNotDisturbUntil: null } })
  expect(await call(hider, 'users.settings', {})).toEqual(off)
  await until('john no longer sees bill', () => !positionsSeen(watcher).has(bill))
  await until('bill is told anew', () => told(hider, room, 'state').length === 1)
  expect(told(hider, room, 'state')[0].reads).toBeUndefined()

  const seenBefore = told(hider, room, 'reads').length
  expect((await call(hider, 'conversations.read', { id: 1, seq })).unread).toBe(0)
  const { seq: next } = (await send(hider, 'two')).message
  await call(watcher, 'conversations.delivered', { positions: [{ id: 1, seq: next }] })
  await until('john sees himself', () => positionsSeen(watcher).get(john)?.got === next)
  const { state } = await call(watcher, 'conversations.state', { id: 1 })
  expect(positionOf(state.reads, bill)).toBeUndefined()
  expect((await call(hider, 'conversations.state', { id: 1 })).state.reads).toBeUndefined()
  expect(told(hider, room, 'reads').length).toBe(seenBefore)
  expect(positionsSeen(watcher).has(bill)).toBe(false)

  await call(hider, 'users.changeSettings', { readReceipts: true })
  await until('john sees bill again', () => positionsSeen(watcher).get(bill)?.read === next)
  await until('bill sees john', () => positionsSeen(hider).get(john)?.got === next)
})

test('who writes is shown to the other members, and to nobody else', async () => {
  const app = await start()
  const [writer, reader] = [await aDevice(app, john), await aDevice(app, bill)]
  const stranger = await aDevice(app, (await aUser(app.db, 'carol')).id)
  await call(writer, 'conversations.typing', { id: 1 })
  await until('bill sees it', () => told(reader, room, 'typing').length === 1)
  expect(told(reader, room, 'typing')).toEqual([
    { type: 'typing', user: { id: john, username: 'john' } },
  ])
  const refused = await ask(stranger, { rpc: { method: 'conversations.typing', data: { id: 1 } } })
  expect(refused.error.code).toBe(404)
  const flood = Array.from({ length: 40 }, () =>
    ask(writer, { rpc: { method: 'conversations.typing', data: { id: 1 } } }),
  )
  expect((await Promise.all(flood)).some(({ error }) => error?.code === 111)).toBe(true)
  const { seq } = (await send(writer, 'one')).message
  await until('the message came', () =>
    reader.publications(room).some(({ offset }) => offset === seq),
  )
})

test('in a conversation of more than 100 members each knows their own position alone', async () => {
  const app = await start()
  const { pool } = app.db
  const crowd = await pool.query<{ id: number }>({
    text: `insert into users (username, username_key, password_hash)
      select 'u' || n, 'u' || n, '!' from generate_series(1, 99) n returning id`,
  })
  const id = await aConversation(app.db, [john, bill, ...crowd.map((user) => user.id)])
  const channel = `conversation:${id}`
  const [watcher, reader] = [await aDevice(app, john), await aDevice(app, bill)]
  const laptop = await aDevice(app, bill)
  const { seq } = (await send(watcher, 'one', id)).message
  await call(reader, 'conversations.read', { id, seq })
  await call(reader, 'conversations.typing', { id })
  await until('the laptop', () => told(laptop, 'user:2', 'conversation.read').length === 1)
  await send(reader, 'two', id)
  await until('the line went on', () => watcher.publications(channel).length === 2)
  expect(watcher.publications(channel).map(({ offset }) => offset)).toEqual([seq, seq + 1])
  expect(watcher.state(channel)).toEqual([])
  const { state } = await call(reader, 'conversations.state', { id })
  expect(state).toMatchObject({ lastReadSeq: seq + 1, lastReadOrdinal: 2, unread: 0 })
  for (const shared of ['reads', 'online']) expect(state).not.toHaveProperty(shared)
})
