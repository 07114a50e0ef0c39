import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { signIn, startApp, until, type TestApp } from '../app.ts'
import { openWire, type Wire } from '../wire.ts'
import { anAttacker, aBystander, type Bystander } from './bystander.ts'
import { rawFrame, tcpOf } from './raw.ts'

const megabyte = 1024 * 1024
/** 30 KB each. */
const long = '€'.repeat(10_000)

/** bill fills the room with so many long messages, 20 at a time. */
async function fillTheRoom({ ask }: Bystander, count: number): Promise<void> {
  const send = () => {
    const data = { conversationId: 1, content: long, clientKey: randomUUID() }
    return ask({ rpc: { method: 'messages.send', data } })
  }
  for (let sent = 0; sent < count; sent += 20) {
    const replies = await Promise.all(Array.from({ length: 20 }, send))
    for (const reply of replies) expect(reply.error).toBeUndefined()
  }
}

/** Connections of john's that read nothing from here on. */
async function slowReaders(app: TestApp, count: number): Promise<Wire[]> {
  const { cookie } = await signIn(app.url, 'john')
  const readers: Wire[] = []
  for (let n = 0; n < count; n++) {
    const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
    await wire.connect()
    wire.socket.pause()
    readers.push(wire)
  }
  return readers
}

test('somebody who stops reading in a busy room is ended with 3008, and the others go on', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  const [slow] = await slowReaders(app, 1)
  const reading = await anAttacker(app)
  // What the network itself holds comes first: 20 MB are more than it takes.
  await fillTheRoom(bystander, 700)
  slow!.socket.resume()
  // Whoever reads on only after the server's patience of 5 s finds the connection gone.
  expect([3008, 1006]).toContain((await slow!.end()).code)
  await until('the reader has all', () => reading.publications('conversation:1').length === 700)
  await bystander.noticesNothing()
})

test('many who stop reading cost little memory, for as long as they are there', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  await slowReaders(app, 40)
  const before = process.memoryUsage()
  await fillTheRoom(bystander, 500)
  const after = process.memoryUsage()
  // 600 MB were meant for them. Each may hold 1 MB back, and share it with all the others.
  const grown = (after.arrayBuffers - before.arrayBuffers) / megabyte
  expect(grown).toBeLessThan(100)
  await bystander.noticesNothing()
})

test('somebody who asks and asks and reads no answer is ended', async () => {
  const app = await startApp()
  const bystander = await aBystander(app)
  await fillTheRoom(bystander, 100)
  const wire = await anAttacker(app)
  wire.socket.pause()
  // Each answer is 3 MB, and asking takes 80 bytes.
  const question = (id: number) =>
    JSON.stringify({ id, history: { channel: 'conversation:1', limit: 100 } })
  for (let id = 2; id < 40; id++) tcpOf(wire).write(rawFrame(question(id)))
  await bystander.noticesNothing()
  const stats = { presence_stats: { channel: 'conversation:1' } }
  const clients = async () => (await bystander.ask(stats)).presence_stats.num_clients
  await until('bill is alone', async () => (await clients()) === 1)
  wire.socket.resume()
  expect([3008, 1006]).toContain((await wire.end()).code)
  await bystander.noticesNothing()
})
