import { randomUUID } from 'node:crypto'
import type { Centrifuge } from 'centrifuge'
import { expect, test } from 'vitest'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { backupOf } from '../backups.ts'

const channel = 'conversation:1'

/** The official client of somebody signed in, and what it is told. */
async function person(app: TestApp, username: string) {
  const { cookie, call } = await signIn(app.url, username)
  const client = clientFor(app.gatewayUrl, { cookie })
  const contents: string[] = []
  const epochs: string[] = []
  const gone: string[] = []
  let cuts = 0
  client.on('publication', (event) => {
    if (event.channel === channel) contents.push(event.data.message?.content)
  })
  client.on('subscribed', (event) => {
    if (event.channel === channel) epochs.push(event.streamPosition!.epoch)
  })
  client.on('unsubscribed', (event) => gone.push(event.channel))
  client.on('connecting', () => cuts++)
  client.connect()
  await client.ready()
  return { client, contents, epochs, gone, cuts: () => cuts - 1, call }
}

const send = async (client: Centrifuge, content: string, clientKey: string = randomUUID()) =>
  (await client.rpc('messages.send', { conversationId: 1, content, clientKey })).data.message

test('a restore under a running server starts its clients anew, and what they offer again is stored once', async () => {
  // Only the hub tells of the restore: nothing else reads the rights again meanwhile.
  const app = await startApp({ timers: { recheckIntervalMs: 60_000 } })
  const [john, bill] = [await person(app, 'john'), await person(app, 'bill')]
  const key = { kept: randomUUID(), lost: randomUUID() }
  const kept = await send(john.client, 'kept', key.kept)
  const backup = await backupOf(app.db)
  await send(john.client, 'lost', key.lost)
  const { body } = await john.call('POST', '/api/conversations', { name: 'Later', kind: 'public' })
  const later = `conversation:${body.conversation.id}`
  await until('bill has both', () => bill.contents.length === 2)

  await backup.restore()
  for (const { epochs } of [john, bill])
    await until('the new epoch is there', () => new Set(epochs).size === 2)
  await until('john is told what is gone', () => john.gone.includes(later))

  expect(await send(john.client, 'kept', key.kept)).toEqual(kept)
  await send(john.client, 'lost', key.lost)
  await send(bill.client, 'after')
  for (const { contents, cuts, gone } of [john, bill]) {
    await until('everything is there', () => contents.includes('after'))
    expect(contents).toEqual(['kept', 'lost', 'lost', 'after'])
    expect(cuts()).toBe(0)
    expect(gone).not.toContain(channel)
  }
  const stored = await app.db.messages.newest(1, 10)
  expect(stored.map(({ content }) => content)).toEqual(['kept', 'lost', 'after'])
})
