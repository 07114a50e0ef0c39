/** An older state of the database in the place of a newer one, in the two ways people do that. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { backup, restore } from '../../src/database/transfer/transfer.ts'
import { startApp, until } from '../app.ts'
import { aServer } from '../crash/server-process.ts'
import { freshConnection } from '../database.ts'
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
