import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { freshDatabase } from './database-role.ts'
import { playRoles, startRole, type Role } from './roles.ts'
import { startServer, tokenFor } from './server-role.ts'

/**
 * What others notice of one person who sends 20,000 frames a second: from a send to its being seen by
 * somebody else, before and during the flood, and the server's memory. Each flooder comes back at
 * once when it is ended, as long as the flood lasts.
 */
const perSecond = Number(process.env.RATE ?? 20_000)
const seconds = Number(process.env.SECONDS ?? 10)
const rounds = Number(process.env.ROUNDS ?? 3)
const people = 20
const sendsPerSecond = 100

async function server() {
  const { db } = await freshDatabase(people + 1)
  const { url } = await startServer(db)
  let most = 0
  setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20).unref()
  return {
    url: () => url,
    /** The most memory since it was asked last, in MiB. */
    memory() {
      const seen = most / 2 ** 20
      most = process.memoryUsage().rss
      return seen
    },
  }
}

function open(url: string, token: string, take: (text: string) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ id: 1, connect: { token } })))
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      if (text === '{}') socket.send('{}')
      if (text.startsWith('{"id":1,"connect"')) resolve(socket)
      take(text)
    })
  })
}

/** Everybody sends in turn; the last one looks when each message is there. */
async function others() {
  const sentAt = new Map<string, number>()
  let times: number[] = []
  const see = (text: string) => {
    for (const [, key] of text.matchAll(/"push":.*?"clientKey":"([^"]+)"/g)) {
      const at = sentAt.get(key!)
      if (at !== undefined) times.push(performance.now() - at)
      sentAt.delete(key!)
    }
  }
  const sockets: WebSocket[] = []
  return {
    async connect({ url, tokens }: { url: string; tokens: string[] }) {
      for (const [index, token] of tokens.entries())
        sockets.push(await open(url, token, index === 0 ? see : () => {}))
    },
    async chat({ forMs }: { forMs: number }) {
      times = []
      const startMs = performance.now()
      for (let sent = 0; performance.now() - startMs < forMs; await sleep(1))
        for (; sent < ((performance.now() - startMs) / 1_000) * sendsPerSecond; sent++) {
          const clientKey = randomUUID()
          sentAt.set(clientKey, performance.now())
          const data = { conversationId: 1, content: 'hello there', clientKey }
          const from = sockets[1 + (sent % (sockets.length - 1))]!
          from.send(JSON.stringify({ id: sent + 2, rpc: { method: 'messages.send', data } }))
        }
      await sleep(1_000)
      times.sort((a, b) => a - b)
      const p99 = times[Math.floor(times.length * 0.99)] ?? 0
      return { lost: sentAt.size, p99 }
    },
  }
}

const kinds: Record<string, (id: number) => string> = {
  questions: (id) => `{"id":${id},"rpc":{"method":"users.me"}}`,
  'unknown methods': (id) => `{"id":${id},"rpc":{"method":"nothing"}}`,
  'the past': (id) => `{"id":${id},"history":{"channel":"conversation:1","limit":1}}`,
  pongs: () => '{}',
}

async function flooder() {
  return {
    async flood({ url, token, kind, again }: Record<string, string>) {
      const frame = kinds[kind!]!
      const endMs = performance.now() + seconds * 1_000
      const codes: Record<string, number> = {}
      let sent = 0
      do {
        const socket = await open(url!, token!, () => {})
        socket.on('close', (code) => (codes[code] = (codes[code] ?? 0) + 1))
        const startMs = performance.now()
        for (let here = 0; socket.readyState === socket.OPEN && performance.now() < endMs;) {
          const due = ((performance.now() - startMs) / 1_000) * perSecond
          for (; here < due && socket.bufferedAmount < 2 ** 20; here++, sent++)
            socket.send(frame(here + 2))
          await sleep(1)
        }
        if (again) socket.terminate()
      } while (again && performance.now() < endMs)
      const restMs = endMs - performance.now()
      if (restMs > 0) await sleep(restMs)
      return { sent, codes }
    },
  }
}

interface Chat {
  lost: number
  p99: number
}

interface Round {
  before: number
  during: number
  moreMemory: number
  sent: number
  codes: Record<string, number>
  lost: number
}

async function measure(app: Role, chatting: Role, kind: string, again: string): Promise<Round> {
  const url = await app.ask<string>('url')
  const flooding = await startRole('flooder')
  const before = await chatting.ask<Chat>('chat', { forMs: seconds * 1_000 })
  const calm = await app.ask<number>('memory')
  const [flood, during] = await Promise.all([
    flooding.ask<Pick<Round, 'sent' | 'codes'>>('flood', {
      url,
      token: tokenFor(people + 1),
      kind,
      again,
    }),
    chatting.ask<Chat>('chat', { forMs: seconds * 1_000 }),
  ])
  const moreMemory = (await app.ask<number>('memory')) - calm
  await flooding.end()
  return { ...flood, before: before.p99, during: during.p99, moreMemory, lost: during.lost }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

function report(what: string, results: Round[]): void {
  const of = (key: 'before' | 'during' | 'moreMemory' | 'lost') =>
    median(results.map((each) => each[key]))
  const ended = results.map(({ codes, sent }) => `${JSON.stringify(codes)} after ${sent}`)
  console.log(
    `  ${what}: p99 ${of('before').toFixed(1)} -> ${of('during').toFixed(1)} ms` +
      ` (${(of('during') / of('before')).toFixed(1)} times), memory +${Math.round(of('moreMemory'))} MiB,` +
      ` ${of('lost')} messages lost; ended ${ended.join(', ')} frames`,
  )
}

await playRoles({ server, others, flooder }, async () => {
  process.env.TOKEN_SECRET = randomUUID()
  const app = await startRole('server')
  const chatting = await startRole('others')
  const url = await app.ask<string>('url')
  const tokens = Array.from({ length: people }, (_, index) => tokenFor(index + 1))
  await chatting.ask('connect', { url, tokens })
  await chatting.ask('chat', { forMs: 3_000 })
  console.log(
    `${perSecond} frames/s for ${seconds} s, beside ${sendsPerSecond} messages/s of ${people} people; medians of ${rounds} rounds`,
  )
  for (const again of ['', 'yes'])
    for (const kind of Object.keys(kinds)) {
      const results: Round[] = []
      for (let round = 0; round < rounds; round++)
        results.push(await measure(app, chatting, kind, again))
      report(again ? `${kind}, coming back at once` : kind, results)
    }
  await chatting.end()
  await app.end()
})
