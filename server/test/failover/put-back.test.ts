/** An older state of the database in the place of a newer one, in the ways people do that. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { backup, restore } from '../../src/database/transfer/transfer.ts'
import { startApp, until } from '../app.ts'
import { aServer } from '../crash/server-process.ts'
import { freshConnection } from '../database.ts'
import { answering, launchServer, startSystemPostgres } from '../postgres-15.ts'
import { aRedis } from '../redis.ts'
import { aLog, aReader, type Reader } from './room.ts'

const send = async (reader: Reader, times: number, what: string) => {
  for (let index = 0; index < times; index++) await reader.send(`${what} ${index}`)
}

/** @returns the epoch */
async function showsTheTruth(reader: Reader, count: number): Promise<string> {
  const { epoch, messages } = await reader.truth()
  expect(messages.length).toBe(count)
  await until(
    `what is shown is what is stored: ${messages.at(-1)}`,
    () => String(reader.shown()) === String(messages),
  )
  expect(reader.doubled).toBe(0)
  return epoch
}

test('an embedded database that was copied back is recognized, and one that was not is let be', async () => {
  const server = await aServer({ LOG_LEVEL: 'error' })
  const files = join(server.directory, 'data/postgres')
  const copy = join(server.directory, 'copy')
  const [john, bill] = [await aReader(server, 'john'), await aReader(server, 'bill')]
  await send(john, 5, 'kept')
  await until('both have them', () => bill.shown().length === 5)
  const before = await showsTheTruth(john, 5)
  await server.stop()
  await cp(files, copy, { recursive: true, preserveTimestamps: true })
  await server.start()
  await send(bill, 5, 'lost')
  expect(await showsTheTruth(john, 10)).toBe(before)
  expect([john.reloads, bill.reloads]).toEqual([1, 1])

  await server.stop()
  await rm(files, { recursive: true })
  await cp(copy, files, { recursive: true, preserveTimestamps: true })
  await server.start()
  await send(john, 3, 'again')
  const after = await showsTheTruth(bill, 8)
  expect(await showsTheTruth(john, 8)).toBe(after)
  expect(after).not.toBe(before)
  expect([john.reloads, bill.reloads]).toEqual([2, 2])

  await server.stop()
  await server.start()
  await send(bill, 1, 'later')
  expect(await showsTheTruth(john, 9)).toBe(after)
  expect([john.reloads, bill.reloads]).toEqual([2, 2])
})

test('a backup restored under a running server is what everybody has, with what was sent since', async () => {
  const connection = await freshConnection()
  const told = aLog()
  const app = await startApp({}, { connection, log: told.log })
  const folder = await mkdtemp(join(tmpdir(), 'parley-restored-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'a.backup')
  const [john, bill] = [await aReader(app, 'john'), await aReader(app, 'bill')]
  await send(john, 20, 'kept')
  await backup(connection, path, () => {})
  await send(bill, 30, 'lost')
  await until('both have them', () => john.shown().length === 50 && bill.shown().length === 50)
  const before = await showsTheTruth(john, 50)

  const sending = send(bill, 5, 'meanwhile')
  await restore(connection, path, { replace: true }, () => {})
  await sending
  await send(john, 10, 'again')
  const { epoch, messages } = await john.truth()
  expect(epoch).not.toBe(before)
  await showsTheTruth(john, messages.length)
  await showsTheTruth(bill, messages.length)
  expect(messages.slice(0, 20)).toEqual(expect.arrayContaining(['3 kept 0', '22 kept 19']))
  expect(messages.filter((text) => text.includes('lost'))).toEqual([])
  expect(messages.filter((text) => text.includes('again')).length).toBe(10)
  expect(told.newEpochs()).toEqual([])
})

/** A PostgreSQL that is not Parley's own, and which can be stopped, kept and put back. */
async function anExternalServer() {
  const first = await startSystemPostgres()
  if (!first) return undefined
  const { connection } = first
  const [files, copy] = ['data', 'copy'].map((name) => join(connection.host, name))
  const replace = async (from: string, to: string) => {
    await rm(to, { recursive: true, force: true })
    await promisify(execFile)('cp', ['-a', from, to])
  }
  let running: { crash(): Promise<void>; stop(): Promise<void> } = first
  onTestFinished(() => running.stop())
  return {
    connection,
    /** Power off, `work`, power on. */
    async restart(work: 'keep' | 'putBack' | 'nothing') {
      await running.crash()
      if (work === 'keep') await replace(files!, copy!)
      if (work === 'putBack') await replace(copy!, files!)
      const next = await launchServer(connection.host)
      running = next
      await answering(connection, next.hasEnded, 'select 1')
    },
  }
}

test('an external database that was put back while no server ran is recognized by what Redis keeps', async () => {
  const external = await anExternalServer()
  if (!external) return
  const { connection } = external
  const redis = await aRedis()
  const shared = { redis: { url: redis.url, prefix: 'put-back', keepHours: 1 } }
  const told = aLog()
  /** A server's life, without a memory of the one before. @returns the epoch */
  const serve = async (config: object, times: number, count: number) => {
    const app = await startApp(config, { connection, log: told.log })
    const john = await aReader(app, 'john')
    await send(john, times, 'sent')
    const { epoch, messages } = await john.truth()
    expect(messages.length).toBe(count)
    await app.stop()
    return epoch
  }
  const before = await serve(shared, 5, 5)
  await external.restart('keep')
  expect(await serve(shared, 5, 10)).toBe(before)
  await external.restart('nothing')
  expect(await serve(shared, 1, 11)).toBe(before)
  expect(told.newEpochs()).toEqual([])

  await external.restart('putBack')
  const after = await serve(shared, 3, 8)
  expect(after).not.toBe(before)
  expect(told.newEpochs()).toEqual([expect.stringContaining('an older copy was put back')])
  await external.restart('nothing')
  expect(await serve(shared, 1, 9)).toBe(after)

  await redis.kill()
  await external.restart('putBack')
  expect(await serve(shared, 1, 6)).toBe(before)
  expect(told.newEpochs().length).toBe(1)
})
