import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../test/app.ts'
import { freshConnection } from '../../test/database.ts'
import { checkClock, checkDatabase, checkDurability } from './doctor-database.ts'
import { checkPage, checkWebsocket } from './doctor-network.ts'

/** Answers every request like a proxy that sends it to the wrong place. */
async function aWrongServer(): Promise<string> {
  const server = createServer((_request, response) => response.end('Welcome to nginx!'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function anAddressWithNobody(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

test('a running server is well, over HTTP and over WebSocket', async () => {
  const { url } = await startApp()
  expect(await checkPage('Server', url)).toMatchObject([{ state: 'well' }])
  expect(await checkWebsocket('WebSocket', url)).toMatchObject([{ state: 'well' }])
})

test('where nobody listens, the doctor says how to start', async () => {
  const [finding] = await checkPage('Server', await anAddressWithNobody())
  expect(finding).toMatchObject({ state: 'ill', sentence: expect.stringContaining('parley serve') })
})

test('a proxy that leads elsewhere, or drops upgrades, is told from a working one', async () => {
  const url = await aWrongServer()
  const [page] = await checkPage('Proxy', url)
  expect(page).toMatchObject({
    state: 'ill',
    sentence: expect.stringContaining("the proxy's target"),
  })
  const [socket] = await checkWebsocket('WebSocket', url)
  expect(socket).toMatchObject({ state: 'ill', sentence: expect.stringContaining('Upgrade') })
})

test('the database is well: version, schema and clock; how durable it is, is asked of it', async () => {
  const { host, user, database } = await freshConnection()
  const url = `postgres://${user}@/${database}?host=${encodeURIComponent(host)}`
  const findings = await checkDatabase({ url, dataDir: '' }, [checkClock, checkDurability])
  // The server of the tests does without, to be quick.
  expect(findings).toMatchObject([
    { about: 'Database', state: 'well' },
    { about: 'Schema', state: 'well' },
    { about: 'Clock', state: 'well' },
    { about: 'Durability', state: 'ill', sentence: expect.stringContaining('fsync is off') },
    { about: 'Durability', state: 'ill', sentence: expect.stringContaining('full_page_writes') },
  ])
})

const durable = { fsync: 'on', pages: 'on', commit: 'on', names: '', standbys: [] as object[] }
const following = { name: 'b', state: 'async' }

test.each([
  [{ fsync: 'off' }, 'ill', 'fsync is off'],
  [{ pages: 'off' }, 'ill', 'full_page_writes is off'],
  [{ commit: 'off' }, 'ill', 'synchronous_commit is off'],
  [{ standbys: [following] }, 'warning', 'a standby follows asynchronously'],
  [{ standbys: [following, following] }, 'warning', '2 standbys follow asynchronously'],
  [{ standbys: [following], names: 'c' }, 'warning', 'names none of the standbys'],
  [
    { standbys: [following], names: 'b', commit: 'local' },
    'warning',
    'synchronous_commit is local',
  ],
])('%j can lose acknowledged messages, and the cure is named', async (differing, state, part) => {
  const db = { query: async () => [{ ...durable, ...differing }] as never[] }
  expect(await checkDurability(db)).toMatchObject([
    { state, sentence: expect.stringContaining(part) },
  ])
})

test('a server that waits for its disk is well, and so is one that waits for its standby', async () => {
  const alone = { query: async () => [durable] as never[] }
  expect(await checkDurability(alone)).toMatchObject([{ state: 'well' }])
  const standbys = [{ name: 'b', state: 'sync' }, following]
  const db = { query: async () => [{ ...durable, names: 'b', standbys }] as never[] }
  expect(await checkDurability(db)).toMatchObject([{ state: 'well' }])
})

test('a clock that differs from the database is ill, and the cure is named', async () => {
  const db = { query: async () => [{ now: new Date(Date.now() - 60_000) }] as never[] }
  expect(await checkClock(db)).toMatchObject([
    { state: 'ill', sentence: expect.stringContaining('NTP') },
  ])
})
