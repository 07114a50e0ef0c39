import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshDatabase } from './database-role.ts'
import { openLeanSocket, type LeanSocket } from './lean-socket.ts'
import { playRoles, startRole } from './roles.ts'
import { startServer, tokenFor } from './server-role.ts'

/**
 * Everybody in one conversation loses the connection, misses messages, and comes back at once: how
 * long until all have what they missed, and how often is the past read for it? The baseline is the
 * same people coming back having missed nothing.
 */
const people = Number(process.env.PEOPLE ?? 5_000)
const gap = Number(process.env.GAP ?? 200)
const rounds = Number(process.env.ROUNDS ?? 3)

async function server() {
  const { db } = await freshDatabase(people)
  const reads = { past: 0, all: 0 }
  const changes = {
    ...db.changes,
    after(...asked: Parameters<typeof db.changes.after>) {
      reads.past++
      return db.changes.after(...asked)
    },
  }
  const { url } = await startServer({ ...db, changes })
  const statements = async () => {
    const [row] = await db.pool.query<{ count: number }>({
      text: `select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()`,
    })
    return Number(row!.count)
  }
  return {
    url: () => url,
    async write({ count }: { count: number }) {
      for (let written = 0; written < count; written++)
        await db.messages.send({
          conversationId: 1,
          userId: 1,
          clientKey: randomUUID(),
          content: `message ${written}`,
        })
    },
    async begin() {
      reads.past = 0
      await sleep(1_500)
      reads.all = await statements()
      return process.cpuUsage().user / 1_000
    },
    async end() {
      await sleep(1_500)
      return {
        past: reads.past,
        all: (await statements()) - reads.all,
        cpuMs: process.cpuUsage().user / 1_000,
      }
    },
  }
}

interface Client {
  token: string
  socket?: LeanSocket
  epoch: string
  offset: number
  attempts: number
}

const channel = 'conversation:1'

/** Connects as the SDKs do when they come back; resolves when what was missed is there. */
function connect(client: Client, url: string): Promise<void> {
  const { token, epoch, offset } = client
  client.attempts++
  const subs = epoch === '' ? {} : { subs: { [channel]: { recover: true, epoch, offset } } }
  return new Promise((resolve, reject) => {
    const socket = openLeanSocket(url, {
      opened: (open) => open.send(JSON.stringify({ id: 1, connect: { token, ...subs } })),
      closed: () => reject(new Error('closed')),
      text(text) {
        if (text === '{}') socket.send('{}')
        const last = lastOffsetIn(text)
        if (last > client.offset) client.offset = last
        if (!text.startsWith('{"id":1,')) return
        if (text.startsWith('{"id":1,"error"')) return reject(new Error(text))
        if (epoch !== '' && !text.includes('"recovered":true'))
          return reject(new Error('not recovered'))
        client.epoch = /"epoch":"([^"]+)"/.exec(text)![1]!
        resolve()
      },
    })
    client.socket = socket
  })
}

/** Parsing half a gigabyte of JSON would measure this process. */
const lastOffsetIn = (text: string): number =>
  Number(/"offset":(\d+)/.exec(text.slice(text.lastIndexOf('"offset":')))?.[1] ?? 0)

const retryMs = () => 200 + Math.random() * 800

async function untilConnected(client: Client, url: string): Promise<void> {
  for (;;) {
    try {
      return await connect(client, url)
    } catch (error) {
      client.socket?.end()
      if (String(error).includes('not recovered')) throw error
      await sleep(retryMs())
    }
  }
}

async function crowd() {
  const clients: Client[] = Array.from({ length: people }, (_, index) => ({
    token: tokenFor(index + 1),
    epoch: '',
    offset: 0,
    attempts: 0,
  }))
  return {
    async arrive({ url }: { url: string }) {
      for (let first = 0; first < people; first += 100)
        await Promise.all(
          clients.slice(first, first + 100).map((client) => untilConnected(client, url)),
        )
    },
    leave() {
      for (const client of clients) client.socket?.end()
    },
    async comeBack({ url, top }: { url: string; top: number }) {
      const startMs = performance.now()
      const took = await Promise.all(
        clients.map(async (client) => {
          client.attempts = 0
          await untilConnected(client, url)
          while (client.offset < top) await sleep(5)
          return performance.now() - startMs
        }),
      )
      took.sort((a, b) => a - b)
      const attempts = clients.reduce((sum, client) => sum + client.attempts, 0)
      return { median: took[people >> 1]!, last: took.at(-1)!, attempts }
    },
    top: () => Math.max(...clients.map(({ offset }) => offset)),
  }
}

interface Storm {
  median: number
  last: number
  attempts: number
}

await playRoles({ server, crowd }, async () => {
  process.env.TOKEN_SECRET = randomUUID()
  const app = await startRole('server')
  const everybody = await startRole('crowd')
  const url = await app.ask<string>('url')
  console.log(`${people} people of one conversation drop and come back at once`)
  await everybody.ask('arrive', { url })
  for (let round = 0; round < rounds; round++)
    for (const missed of [0, gap]) {
      const top = (await everybody.ask<number>('top')) + missed
      await everybody.ask('leave')
      await app.ask('write', { count: missed })
      const cpuBefore = await app.ask<number>('begin')
      const storm = await everybody.ask<Storm>('comeBack', { url, top })
      const { past, all, cpuMs } = await app.ask<{ past: number; all: number; cpuMs: number }>(
        'end',
      )
      console.log(
        `  missed ${missed}: all back after ${Math.round(storm.last)} ms (half after ${Math.round(storm.median)} ms),` +
          ` ${storm.attempts} connects, ${past} reads of the past, ${all} transactions, ${Math.round(cpuMs - cpuBefore)} ms of server CPU`,
      )
    }
  await everybody.end()
  await app.end()
})
