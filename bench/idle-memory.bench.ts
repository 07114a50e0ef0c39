import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '@parley/protocol/limits'
import { WebSocket, WebSocketServer } from 'ws'
import { listen, startGateway } from './gateway-role.ts'
import { playRoles, startRole } from './roles.ts'

/**
 * Memory of idle connections: resident set of the server process after collecting garbage, beside a
 * bare `ws` server; and of one more channel for each of them.
 */
const connections = Number(process.env.CONNECTIONS ?? 4_000)
/** Twice this is what one session may subscribe to. */
const moreChannels = limits.channelsPerSession / 2

/** V8 gives what it collected back to the system only after some seconds of quiet. */
const resident = async (): Promise<number> => {
  for (let round = 0; round < 10; round++) {
    global.gc!()
    await sleep(1_000)
  }
  return process.memoryUsage().rss
}

async function bare() {
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data).split('\n')[0]!)
      socket.send(JSON.stringify({ id, connect: { client: 'c', version: 'bare' } }))
    })
  })
  const port = await listen(server)
  return { port: () => port, resident }
}

async function parley() {
  const { port } = await startGateway()
  return { port: () => port, resident }
}

async function clients() {
  const sockets: WebSocket[] = []
  let subscribed = 0
  const open = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const url = `ws://127.0.0.1:${port}/connection/websocket`
      const socket = new WebSocket(url, { perMessageDeflate: false })
      sockets.push(socket)
      socket.on('open', () => socket.send('{"id":1,"connect":{}}'))
      socket.once('message', () => resolve())
      socket.on('error', reject)
      socket.on('message', (data: Buffer) => {
        if (data.length === 2) socket.send('{}')
        subscribed += data.toString().split('"subscribe"').length - 1
      })
    })
  return {
    async connect({ port, count }: { port: number; count: number }) {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, () => open(port)))
    },
    async subscribe({ channels, from }: { channels: number; from: number }) {
      subscribed = 0
      const commands = Array.from(
        { length: channels },
        (_, n) => `{"id":${n + 2},"subscribe":{"channel":"conversation:${from + n}"}}`,
      )
      for (const [index, socket] of sockets.entries()) {
        socket.send(commands.join('\n'))
        while (subscribed < (index - 50) * channels) await sleep(1)
      }
      while (subscribed < sockets.length * channels) await sleep(10)
    },
  }
}

async function measure(role: 'bare' | 'parley') {
  const server = await startRole(role)
  const peers = await startRole('clients')
  const port = await server.ask<number>('port')
  // The first connections also pay for what is loaded and compiled once.
  await peers.ask('connect', { port, count: 500 })
  const before = await server.ask<number>('resident')
  await peers.ask('connect', { port, count: connections })
  const connected = await server.ask<number>('resident')
  let perChannel = 0
  if (role === 'parley') {
    // So do the first channels, whose replies leave the allocator its largest.
    await peers.ask('subscribe', { channels: moreChannels, from: 1 })
    const before = await server.ask<number>('resident')
    await peers.ask('subscribe', { channels: moreChannels, from: moreChannels + 1 })
    const after = await server.ask<number>('resident')
    perChannel = (after - before) / (connections + 500) / moreChannels
  }
  await peers.end()
  await server.end()
  return { perConnection: (connected - before) / connections, perChannel }
}

await playRoles({ bare, parley, clients }, async () => {
  const naked = await measure('bare')
  const ours = await measure('parley')
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
  console.log(`${connections} idle connections`)
  console.log(`  bare ws  ${kib(naked.perConnection)} each`)
  console.log(
    `  parley   ${kib(ours.perConnection)} each, ${Math.round(ours.perChannel)} bytes for each further channel`,
  )
  console.log(`difference: ${kib(ours.perConnection - naked.perConnection)}`)
})
