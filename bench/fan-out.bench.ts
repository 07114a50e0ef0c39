import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { listen, startGateway } from './gateway-role.ts'
import { type Form, type Heard, listeners, median, payload } from './listeners-role.ts'
import { playRoles, startRole } from './roles.ts'

/**
 * Server CPU per delivered message: the gateway beside a loop that calls `ws.send` for every
 * subscriber, in turn, with the same payload and rate, in both forms of the protocol. Some of
 * the subscribers measure how long messages take to them.
 */
const subscribers = Number(process.env.SUBSCRIBERS ?? 1_000)
const perSecond = Number(process.env.RATE ?? 200)
const seconds = Number(process.env.SECONDS ?? 10)
const rounds = Number(process.env.ROUNDS ?? 3)
const channel = 'conversation:1'

/** Publishes at the rate for the time; says the CPU it took. */
async function drive(publish: () => void): Promise<{ cpuMicros: number; published: number }> {
  const before = process.cpuUsage()
  const startMs = performance.now()
  let published = 0
  while (performance.now() - startMs < seconds * 1_000) {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond)
    for (; published < due; published++) publish()
    await sleep(1)
  }
  await sleep(200)
  const { user, system } = process.cpuUsage(before)
  return { cpuMicros: user + system, published }
}

async function naive() {
  const server = createServer()
  const sockets = new Set<WebSocket>()
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data).split('\n')[0]!)
      socket.send(JSON.stringify({ id, connect: { client: 'c', version: 'naive' } }))
      sockets.add(socket)
    })
  })
  const port = await listen(server)
  let offset = 0
  return {
    port: () => port,
    drive: () =>
      drive(() => {
        const text = JSON.stringify({
          push: { channel, pub: { data: payload(), offset: ++offset } },
        })
        for (const socket of sockets) socket.send(text)
      }),
  }
}

async function parley() {
  const { port, publish } = await startGateway()
  return { port: () => port, drive: () => drive(() => publish(channel, payload())) }
}

interface Measured {
  cpuMicros: number
  p50Ms: number
  p99Ms: number
}

async function measure(role: 'naive' | 'parley', form: Form): Promise<Measured> {
  const server = await startRole(role)
  const clients = await startRole('listeners')
  await clients.ask('connect', { port: await server.ask<number>('port'), form, subscribers })
  const { cpuMicros, published } = await server.ask<{ cpuMicros: number; published: number }>(
    'drive',
  )
  const { received, tookMs } = await clients.ask<Heard>('heard')
  if (received !== published * subscribers)
    throw new Error(`${role}: ${received} of ${published * subscribers} arrived`)
  await clients.end()
  await server.end()
  const at = (share: number) => tookMs[Math.floor(tookMs.length * share)]!
  return { cpuMicros: cpuMicros / received, p50Ms: at(0.5), p99Ms: at(0.99) }
}

await playRoles({ naive, parley, listeners }, async () => {
  console.log(
    `${perSecond} messages/s × ${subscribers} subscribers, ${seconds} s, ${rounds} rounds in turn`,
  )
  const variants = [
    ['naive', 'json'],
    ['parley', 'json'],
    ['parley', 'protobuf'],
  ] as const
  const results = variants.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, [role, form]] of variants.entries()) {
      const { cpuMicros, p50Ms, p99Ms } = await measure(role, form)
      results[index]!.push(cpuMicros)
      console.log(
        `  ${role} ${form}: ${cpuMicros.toFixed(2)} µs of server CPU per delivery; from publishing p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
      )
    }
  const [naiveMicros, jsonMicros, protobufMicros] = results.map(median) as [number, number, number]
  const say = (what: string, micros: number, than: number) =>
    console.log(
      `median, ${what}: ${micros.toFixed(2)} / ${than.toFixed(2)} = ${(micros / than).toFixed(2)}`,
    )
  say('JSON beside the loop', jsonMicros, naiveMicros)
  say('protobuf beside JSON', protobufMicros, jsonMicros)
})
