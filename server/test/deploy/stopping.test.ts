import { expect, test } from 'vitest'
import { aCluster, signIn, startApp, until } from '../app.ts'
import { aRedis } from '../redis.ts'
import { openWire } from '../wire.ts'

const shutdown = { code: 3001, reason: 'shutdown' }

test('a server that is told to stop says so before it takes no more connections, and ends each session once', async () => {
  const app = await startApp({ drainMs: 400 })
  const ready = async () => (await fetch(`${app.url}/readyz`)).json()
  expect(await ready()).toEqual({ status: 'ready', database: 'up' })
  const { cookie } = await signIn(app.url, 'john')
  const early = await openWire(app.gatewayUrl, { headers: { cookie } })
  await early.connect()
  const stopped = app.stop()
  expect(await ready()).toEqual({ status: 'draining', database: 'up' })
  expect((await fetch(`${app.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${app.url}/livez`)).status).toBe(200)
  const late = await openWire(app.gatewayUrl, { headers: { cookie } })
  expect((await late.connect()).connect).toBeDefined()
  expect(early.ended).toBeUndefined()
  expect([await early.end(), await late.end()]).toEqual([shutdown, shutdown])
  await expect(openWire(app.gatewayUrl)).rejects.toThrow('ECONNREFUSED')
  await stopped
})

test('many sessions are ended one after the other, in no order that clients share', async () => {
  const app = await startApp()
  const wires = await Promise.all(Array.from({ length: 300 }, () => openWire(app.gatewayUrl)))
  const ends: { index: number; atMs: number }[] = []
  for (const [index, wire] of wires.entries())
    wire.socket.on('close', () => ends.push({ index, atMs: performance.now() }))
  await app.stop()
  await until('all have ended', () => ends.length === 300)
  expect(wires.every(({ ended }) => ended?.code === 3001)).toBe(true)
  expect(ends.at(-1)!.atMs - ends[0]!.atMs).toBeGreaterThan(250)
  const first = ends.slice(0, 100).map(({ index }) => index)
  expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(150)
})

test('what a session has asked for is answered before it ends, and what HTTP has asked for too', async () => {
  const app = await startApp()
  const john = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie: john.cookie } })
  await wire.connect()
  // Takes a while: two hashes.
  const data = { currentPassword: 'not the password', newPassword: 'a longer secret' }
  const asked = wire.ask({ id: 2, rpc: { method: 'users.changePassword', data } })
  const called = john.call('POST', '/api/users/me/password', data)
  // Commands start in order: both are under way.
  await wire.ask({ id: 3, rpc: { method: 'users.me' } })
  await app.stop()
  expect((await asked).error).toMatchObject({ code: 403 })
  expect((await called).status).toBe(403)
  expect(await wire.end()).toEqual(shutdown)
})

test('a server whose database does not answer is alive and not ready', async () => {
  const app = await startApp()
  await app.db.pool.query({ text: 'alter table migrations rename to elsewhere' })
  const answer = await fetch(`${app.url}/readyz`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ status: 'unready', database: 'down' })
  expect((await fetch(`${app.url}/livez`)).status).toBe(200)
})

test('a server whose Redis is gone is ready all the same, and says what is down', async () => {
  const redis = await aRedis()
  const [app] = await aCluster({ redis: { url: redis.url, prefix: 'parley', keepHours: 1 } }, 1)
  const ready = async (): Promise<any> => (await fetch(`${app!.url}/readyz`)).json()
  await until('Redis is there', async () => (await ready()).bus === 'up')
  expect(await ready()).toEqual({ status: 'ready', database: 'up', bus: 'up' })
  await redis.kill()
  await until('it is seen to be gone', async () => (await ready()).bus === 'down')
  const answer = await fetch(`${app!.url}/readyz`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ status: 'degraded', database: 'up', bus: 'down' })
})
