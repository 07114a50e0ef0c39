import { expect, test } from 'vitest'
import { openPool, type Pool } from '../../src/database/pool.ts'
import { signIn, until } from '../app.ts'
import { tablesOf, upTo } from '../properties/tables.ts'
import { aDevice, expectWhole } from './device.ts'
import { aWriter } from './load.ts'
import { aServer, postmasterOf, type ServerProcess } from './server-process.ts'

/** Straight to the embedded database. */
async function aPool(server: ServerProcess): Promise<Pool> {
  const { socketDir: host } = await postmasterOf(server)
  const options = { max: 1, applicationName: 'parley test', onError() {} }
  return openPool({ host, user: 'parley', database: 'parley', ...options })
}

/** kill -9 to PostgreSQL's first process and to each that it started. */
async function killDatabase(server: ServerProcess): Promise<void> {
  const { pid } = await postmasterOf(server)
  const pool = await aPool(server)
  const others = await pool.query<{ pid: number }>({ text: 'select pid from pg_stat_activity' })
  await pool.close()
  for (const each of [pid, ...others.map((other) => other.pid)])
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // The connection that asked is gone by now.
    }
}

const kinds = {
  database: killDatabase,
  /** Its children end by themselves, a little later. */
  async postmaster(server: ServerProcess) {
    process.kill((await postmasterOf(server)).pid, 'SIGKILL')
  },
  async server(server: ServerProcess) {
    await server.kill()
    await server.start()
  },
  async both(server: ServerProcess) {
    await Promise.all([server.kill(), killDatabase(server)])
    await server.start()
  },
}

const rounds = 3
/** On a busy machine; an idle one needs a tenth. */
const crashMs = 300_000
const answersBetween = 40

test(
  `under load the server, its database, that one's first process, and both servers are killed ${rounds} times each: what was answered is there once, and clients come back by themselves`,
  async () => {
    const server = await aServer({ LOG_LEVEL: 'error' })
    const john = await signIn(server.url, 'john')
    const bill = await signIn(server.url, 'bill')
    const { body } = await john.call('POST', '/api/conversations', { name: 'Two', userIds: [2] })
    const rooms = [1, body.conversation.id as number]
    const cookies = [john.cookie, bill.cookie, john.cookie, bill.cookie]
    const devices = await Promise.all(cookies.map((cookie) => aDevice(server, cookie)))
    const writers = devices.map((device) => aWriter(device, rooms))

    const answered = () => writers.map(({ answers }) => answers.length)
    const everybodyIsAnswered = async (times: number) => {
      const before = answered()
      const all = () => answered().every((count, n) => count >= before[n]! + times)
      await until('everybody is answered again', all, 30_000)
    }
    for (let round = 0; round < rounds; round++)
      for (const kill of Object.values(kinds)) {
        await everybodyIsAnswered(answersBetween / writers.length)
        await kill(server)
      }
    await everybodyIsAnswered(1)
    await Promise.all(writers.map((writer) => writer.stop()))

    const pool = await aPool(server)
    for (const room of rooms) {
      const { lastSeq, lastOrdinal, messages, changes } = await tablesOf(pool, room)
      const numbers = [...messages, ...changes].map(({ seq }) => seq).sort((a, b) => a - b)
      expect(numbers).toEqual(upTo(lastSeq))
      expect(messages.map(({ ordinal }) => ordinal)).toEqual(upTo(lastOrdinal))
      const answers = writers
        .flatMap((writer) => writer.answers)
        .filter(({ conversationId }) => conversationId === room)
        .sort((a, b) => a.seq - b.seq)
      expect(messages.map(({ id, client_key, content }) => [id, client_key, content])).toEqual(
        answers.map(({ id, clientKey, content }) => [id, clientKey, content]),
      )
      for (const device of devices) {
        await expectWhole(device, room, lastSeq)
        expect(device.unrecovered).toEqual([])
      }
    }
    await pool.close()
    expect(server.bugs()).toEqual([])
    for (const { client } of devices) client.disconnect()
    expect(await server.stop()).toMatchObject({ code: 0 })
  },
  crashMs,
)
