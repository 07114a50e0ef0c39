import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createPasswords } from '../../src/chat/passwords.ts'
import { openDatabase } from '../../src/database/database.ts'
import { demoPassword, seedDemo } from '../../src/database/demo.ts'
import { signIn, until } from '../app.ts'
import { freshConnection } from '../database.ts'
import { tablesOf, upTo } from '../properties/tables.ts'
import { silentLog } from '../silent-log.ts'
import { aDevice, aDraft, expectWhole } from './device.ts'
import { aWriter } from './load.ts'
import { aProxy } from './proxy.ts'
import { aServer, isFree } from './server-process.ts'

const stopMaxMs = 5_000
const shutdown = 3001
const portOf = (url: string) => Number(new URL(url).port)

async function anOutsideDatabase() {
  const connection = await freshConnection()
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  onTestFinished(() => db.close())
  await seedDemo(db.pool, await createPasswords().hash(demoPassword))
  const proxy = await aProxy(join(inject('postgres').host, '.s.PGSQL.5432'))
  return { db, proxy, url: proxy.url(connection.user, connection.database) }
}

test('asked to stop under load, a server ends sessions with 3001 and itself within 5 s, and what was on its way is stored once', async () => {
  const { db, url } = await anOutsideDatabase()
  const server = await aServer({ DATABASE_URL: url })
  const { cookie } = await signIn(server.url, 'john')
  const devices = await Promise.all(Array.from({ length: 6 }, () => aDevice(server, cookie)))
  const writers = devices.map((device) => aWriter(device, [1]))
  const answers = () => writers.reduce((sum, writer) => sum + writer.answers.length, 0)
  await until('the load is on', () => answers() > 100)

  const { code, tookMs } = await server.stop()
  expect(code).toBe(0)
  expect(tookMs).toBeLessThan(stopMaxMs)
  expect(await isFree(portOf(server.url))).toBe(true)
  for (const { ends } of devices) expect(ends.filter((each) => each >= 3000)).toEqual([shutdown])

  await server.start()
  const before = answers()
  await until('the load is on again', () => answers() > before + 100)
  await Promise.all(writers.map((writer) => writer.stop()))
  const { lastSeq, messages } = await tablesOf(db.pool, 1)
  expect(messages.map(({ client_key }) => client_key).sort()).toEqual(
    writers.flatMap(({ drafts }) => drafts.map(({ clientKey }) => clientKey)).sort(),
  )
  expect(messages.map(({ ordinal }) => ordinal)).toEqual(upTo(messages.length))
  for (const device of devices) await expectWhole(device, 1, lastSeq)
  expect(server.bugs()).toEqual([])
})

test('asked to stop while the database owes an answer, a server ends within 5 s, and the send is safely repeated', async () => {
  const { db, proxy, url } = await anOutsideDatabase()
  const server = await aServer({ DATABASE_URL: url })
  const { cookie } = await signIn(server.url, 'john')
  const device = await aDevice(server, cookie)
  const draft = aDraft(1, 'on its way')
  proxy.withhold()
  const sent = device.send(draft)
  await until('it is committed', () => proxy.withheld[0]?.answered === true)
  proxy.pass()
  const { code, tookMs } = await server.stop()
  expect({ code, ends: device.ends.at(-1) }).toEqual({ code: 0, ends: shutdown })
  expect(tookMs).toBeLessThan(stopMaxMs)
  await server.start()
  expect(await sent).toMatchObject(draft)
  expect((await tablesOf(db.pool, 1)).messages).toHaveLength(1)
})

test('asked to stop, a server with a database of its own does not wait for those who do not listen, and stops both within 5 s', async () => {
  const server = await aServer()
  const { cookie } = await signIn(server.url, 'john')
  const deaf = new WebSocket(server.gatewayUrl, { headers: { cookie } })
  await new Promise((resolve) => deaf.once('open', resolve))
  deaf.pause()
  const slow = connect(portOf(server.url), '127.0.0.1')
  onTestFinished(() => {
    deaf.terminate()
    slow.destroy()
  })
  slow.on('error', () => {})
  await new Promise((resolve) => slow.once('connect', resolve))
  slow.write(
    'POST /api/conversations/1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf',
  )
  const writer = aWriter(await aDevice(server, cookie), [1])
  await until('the load is on', () => writer.answers.length > 50)

  const { code, tookMs } = await server.stop()
  expect(code).toBe(0)
  expect(tookMs).toBeLessThan(stopMaxMs)
  expect(await isFree(portOf(server.url))).toBe(true)
  expect(existsSync(join(server.directory, 'data/postgres/postmaster.pid'))).toBe(false)
  await server.start()
  await writer.stop()
  expect(await server.stop()).toMatchObject({ code: 0 })
})

test('whoever is half-way through a request when the server is asked to stop is answered, and told to go', async () => {
  const server = await aServer()
  const port = portOf(server.url)
  const client = connect(port, '127.0.0.1').setNoDelay(true)
  onTestFinished(() => void client.destroy())
  let heard = ''
  client.on('data', (chunk) => (heard += chunk))
  const body = 'username=john&password=secret'
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const length = `Content-Length: ${body.length}`
  client.write(
    `POST /login HTTP/1.1\r\nHost: a\r\n${type}\r\n${length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  await until('the server waits for the body', () => heard.includes('100 Continue'))
  client.write(body.slice(0, 10))

  const stopped = server.stop()
  await until('it takes nobody else', () => isFree(port))
  client.write(body.slice(10))
  await until('it has answered', () => heard.includes('403 Forbidden'))
  expect(heard.toLowerCase()).toContain('connection: close')
  const { code, tookMs } = await stopped
  expect(code).toBe(0)
  expect(tookMs).toBeLessThan(stopMaxMs)
})
