import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Message } from '@parley/protocol/resources'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createPasswords } from '../../src/chat/passwords.ts'
import { openDatabase, type Database } from '../../src/database/database.ts'
import { demoPassword, seedDemo } from '../../src/database/demo.ts'
import { signIn, until } from '../app.ts'
import { freshConnection } from '../database.ts'
import { silentLog } from '../silent-log.ts'
import { aDevice, aDraft, expectWhole, type Device, type Draft } from './device.ts'
import { aProxy, type Proxy } from './proxy.ts'
import { aServer, type ServerProcess } from './server-process.ts'

const roomCount = 4
const deviceCount = 5
const perDevice = 2
const perKill = deviceCount * perDevice

interface World {
  /** Straight to the database, past the proxy. */
  db: Database
  rooms: number[]
  proxy: Proxy
  server: ServerProcess
  devices: Device[]
}

async function aWorld(): Promise<World> {
  const connection = await freshConnection()
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  onTestFinished(() => db.close())
  await seedDemo(db.pool, await createPasswords().hash(demoPassword))
  const rooms = [1]
  while (rooms.length < roomCount) {
    const room = { name: 'Room', kind: 'private', clientKey: undefined, memberIds: [1, 2] } as const
    rooms.push((await db.conversations.create({ ...room, memberIds: [...room.memberIds] })).id)
  }
  const proxy = await aProxy(join(inject('postgres').host, '.s.PGSQL.5432'))
  const server = await aServer({ DATABASE_URL: proxy.url(connection.user, connection.database) })
  const cookies = [await signIn(server.url, 'john'), await signIn(server.url, 'bill')]
  const devices = await Promise.all(
    Array.from({ length: deviceCount }, (_, n) => aDevice(server, cookies[n % 2]!.cookie)),
  )
  return { db, rooms, proxy, server, devices }
}

interface Stored {
  key: string
  id: number
  seq: number
}

const storedWith = ({ db }: World, keys: string[]) =>
  db.pool.query<Stored>({
    text: `select client_key as key, id, seq from chat_messages where client_key = any($1) order by id`,
    values: [keys],
  })

interface Trial {
  device: Device
  draft: Draft
  committed: Stored | undefined
  /** What the client was answered before the kill, if it was. */
  early: Message | undefined
}

/**
 * One kill, and the sends that were committed without an answer to anybody: while a first send holds each of the server's two writers, the others collect behind it; the
 * calls that then write those are committed, and their answers stay in the proxy for ever.
 */
async function killBetweenCommitAndAnswer(world: World): Promise<Trial[]> {
  const { devices, proxy, rooms, server } = world
  proxy.withhold()
  const answeredCalls = (count: number) =>
    until(`${count} calls are answered`, () => {
      const { withheld } = proxy
      return withheld.length === count && withheld.every(({ answered }) => answered)
    })
  const first = rooms.slice(0, 2).map((room) => devices[0]!.send(aDraft(room, 'first')))
  await answeredCalls(2)

  const trials = devices.flatMap((device, n) =>
    Array.from({ length: perDevice }, (_, m): Trial => {
      const draft = aDraft(rooms[(n + m) % roomCount]!, randomUUID())
      const trial: Trial = { device, draft, committed: undefined, early: undefined }
      const answered = (message: Message) => (trial.early = message)
      device.try(draft).then(answered, () => {})
      return trial
    }),
  )
  // Commands start in the order in which they come: an answer to a later one says that those are there.
  await Promise.all(devices.map(({ client }) => client.rpc('users.me', {})))
  for (const call of proxy.withheld) call.release()
  await Promise.all(first)
  await answeredCalls(4)

  const committed = await storedWith(world, keysOf(trials))
  for (const trial of trials)
    trial.committed = committed.find(({ key }) => key === trial.draft.clientKey)
  await server.kill()
  return trials.filter((trial) => trial.committed && !trial.early)
}

const keysOf = (trials: Trial[]) => trials.map(({ draft }) => draft.clientKey)

const kills = 20
/** On a busy machine; an idle one needs a tenth. */
const crashMs = 300_000

test(
  `a server is killed ${kills} times between commit and answer, with ${perKill} sends each time: all ${kills * perKill}, sent again, are stored once and answered with the original`,
  async () => {
    const world = await aWorld()
    const { devices, proxy, rooms, server } = world
    let counted = 0
    for (let kill = 0; kill < kills; kill++) {
      const trials = await killBetweenCommitAndAnswer(world)
      counted += trials.length
      proxy.pass()
      await server.start()
      const answers = await Promise.all(trials.map(({ device, draft }) => device.send(draft)))
      const committed = trials.map((trial) => trial.committed!)
      expect(answers).toMatchObject(
        trials.map(({ draft }, n) => ({ ...draft, id: committed[n]!.id, seq: committed[n]!.seq })),
      )
      const rows = await storedWith(world, keysOf(trials))
      expect(rows).toEqual(committed.sort((a, b) => a.id - b.id))
    }
    expect(counted).toBe(kills * perKill)
    expect(server.bugs()).toEqual([])

    const { tops } = await world.db.changes.tops(rooms)
    for (const device of devices) {
      expect(device.unrecovered).toEqual([])
      for (const [room, lastSeq] of tops) await expectWhole(device, room, lastSeq)
    }
  },
  crashMs,
)

test('the same trial on a database that does not look keys up finds every message doubled', async () => {
  const world = await aWorld()
  const { db, proxy, server } = world
  const [found] = await db.pool.query<{ definition: string }>({
    text: `select pg_get_functiondef('send_messages_2'::regproc) as definition`,
  })
  const lookUp = 'where m.user_id = i.user_id and m.client_key = i.client_key'
  expect(found!.definition).toContain(lookUp)
  await db.pool.query({ text: found!.definition.replace(lookUp, `${lookUp} and false`) })
  await db.pool.query({
    text: `alter table chat_messages
      drop constraint chat_messages_user_id_client_key_conversation_id_key`,
  })
  const trials = await killBetweenCommitAndAnswer(world)
  proxy.pass()
  await server.start()
  await Promise.all(trials.map(({ device, draft }) => device.send(draft)))
  expect(trials).toHaveLength(perKill)
  expect(await storedWith(world, keysOf(trials))).toHaveLength(2 * perKill)
})
