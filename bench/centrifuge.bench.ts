import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, createServer, request, type IncomingMessage } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen, startGateway } from './gateway-role.ts'
import { type Heard, listeners, median, payload } from './listeners-role.ts'
import { playRoles, startRole } from './roles.ts'

/**
 * Parley's gateway beside a Go server on the library that Centrifugo is made of, in turn, doing the
 * same: publications come in over HTTP one by one, and go out to subscribers of one large room or of
 * many small ones. Neither stores them; ours numbers them. Needs Go.
 */
const seconds = Number(process.env.SECONDS ?? 10)
const rounds = Number(process.env.ROUNDS ?? 3)
const source = resolve(import.meta.dirname, '../../../bench/centrifuge')
const binary = join(import.meta.dirname, 'centrifuge')
const crowdSize = 4_000
const warmUpSeconds = 2
/** Both give memory back to the system only after some seconds of quiet. */
const restMs = 10_000

interface Scenario {
  title: string
  subscribers: number
  rooms: number
  perSecond: number
}

const scenarios: Scenario[] = [
  { title: 'one room', subscribers: 1_000, rooms: 1, perSecond: 200 },
  { title: 'a room of 100', subscribers: 100, rooms: 1, perSecond: 200 },
  { title: '100 rooms of 10', subscribers: 1_000, rooms: 100, perSecond: 1_000 },
]

/** What a server process has used so far. */
interface Usage {
  cpuMicros: number
  residentBytes: number
}

/** Of any process, as Linux counts it: in ticks of 10 ms and pages of 4 KiB. */
function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return { cpuMicros: ticks * 10_000, residentBytes: Number(fields[21]) * 4_096 }
}

async function parley() {
  const { port, publish } = await startGateway()
  const api = createServer(async (request, response) => {
    const { channel, data } = JSON.parse(await bodyOf(request))
    publish(channel, data)
    response.setHeader('content-type', 'application/json').end('{"result":{}}')
  })
  const apiPort = await listen(api)
  return { ports: () => ({ port, apiPort }), usage: () => usageOf(process.pid) }
}

async function centrifuge() {
  const child = spawn(binary, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.on('exit', () => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const port = Number(line)
  return { ports: () => ({ port, apiPort: port }), usage: () => usageOf(child.pid!) }
}

const servers = { parley, centrifuge }
type Name = keyof typeof servers
const names = ['parley', 'centrifuge'] as const satisfies Name[]

async function bodyOf(message: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of message.setEncoding('utf8')) body += chunk
  return body
}

interface Drive extends Scenario {
  port: number
  seconds: number
}

/** Publishes at the rate, one message a request, over a few connections that stay open. */
async function publisher() {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const post = (port: number, body: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const options = { port, host: '127.0.0.1', path: '/api/publish', method: 'POST' }
      const sent = request({ ...options, agent, headers }, async (answer) => {
        const text = await bodyOf(answer)
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`publishing was answered with ${answer.statusCode}: ${text}`))
      })
      sent.on('error', reject).end(body)
    })
  return {
    async drive({ port, perSecond, rooms, seconds }: Drive): Promise<number> {
      const startMs = performance.now()
      const underWay: Promise<void>[] = []
      const publish = (number: number) => {
        const channel = `conversation:${1 + (number % rooms)}`
        underWay.push(post(port, JSON.stringify({ channel, data: payload() })))
      }
      let published = 0
      while (performance.now() - startMs < seconds * 1_000) {
        const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond)
        for (; published < due; published++) publish(published)
        await sleep(1)
      }
      for (; published % rooms > 0; published++) publish(published)
      await Promise.all(underWay)
      await sleep(500)
      return published
    },
  }
}

interface FannedOut {
  microsPerDelivery: number
  p50Ms: number
  p99Ms: number
}

async function fanOut(name: Name, scenario: Scenario): Promise<FannedOut> {
  const server = await startRole(name)
  const clients = await startRole('listeners')
  const publisher = await startRole('publisher')
  const { port, apiPort } = await server.ask<{ port: number; apiPort: number }>('ports')
  const { subscribers, rooms } = scenario
  await clients.ask('connect', { port, subscribers, rooms })
  const drive = (seconds: number) =>
    publisher.ask<number>('drive', { ...scenario, seconds, port: apiPort })
  await drive(warmUpSeconds)
  await clients.ask('heard')
  const before = await server.ask<Usage>('usage')
  const published = await drive(seconds)
  const after = await server.ask<Usage>('usage')
  const { received, tookMs } = await clients.ask<Heard>('heard')
  const expected = (published * subscribers) / rooms
  if (received !== expected) throw new Error(`${name}: ${received} of ${expected} arrived`)
  for (const role of [publisher, clients, server]) await role.end()
  const at = (share: number) => tookMs[Math.floor(tookMs.length * share)]!
  const microsPerDelivery = (after.cpuMicros - before.cpuMicros) / received
  return { microsPerDelivery, p50Ms: at(0.5), p99Ms: at(0.99) }
}

interface Crowd {
  microsPerClient: number
  kibPerClient: number
}

/** People who connect and subscribe to one room, and then stay. */
async function crowd(name: Name): Promise<Crowd> {
  const server = await startRole(name)
  const clients = await startRole('listeners')
  const { port } = await server.ask<{ port: number }>('ports')
  // The first ones also pay for what is loaded and compiled once.
  await clients.ask('connect', { port, subscribers: 1_000 })
  const before = await server.ask<Usage>('usage')
  await clients.ask('connect', { port, subscribers: crowdSize })
  const after = await server.ask<Usage>('usage')
  await sleep(restMs)
  const rested = await server.ask<Usage>('usage')
  for (const role of [clients, server]) await role.end()
  return {
    microsPerClient: (after.cpuMicros - before.cpuMicros) / crowdSize,
    kibPerClient: (rested.residentBytes - before.residentBytes) / crowdSize / 1_024,
  }
}

/** Measures both in turn; prints each figure's medians and their ratio. */
async function compare<Result extends object>(
  title: string,
  measure: (name: Name) => Promise<Result>,
): Promise<void> {
  const results: Record<Name, Result[]> = { parley: [], centrifuge: [] }
  for (let round = 0; round < rounds; round++)
    for (const name of names) results[name].push(await measure(name))
  console.log(title)
  for (const figure of Object.keys(results.parley[0]!) as (keyof Result)[]) {
    const [ours, theirs] = names.map((name) =>
      median(results[name].map((result) => result[figure] as number)),
    ) as [number, number]
    console.log(
      `  ${String(figure)}: ${ours.toFixed(2)} / ${theirs.toFixed(2)} = ${(ours / theirs).toFixed(2)}`,
    )
  }
}

await playRoles({ ...servers, listeners, publisher }, async () => {
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: source, stdio: 'inherit' })
  if (built.status !== 0) throw new Error('the Go server could not be built: is Go installed?')
  console.log(`Parley / Centrifuge, medians of ${rounds} rounds`)
  for (const scenario of scenarios) {
    const { title, subscribers, perSecond } = scenario
    const what = `${title}: ${subscribers} subscribers, ${perSecond} messages/s, ${seconds} s`
    await compare(what, (name) => fanOut(name, scenario))
  }
  await compare(`${crowdSize} who connect and subscribe`, crowd)
})
