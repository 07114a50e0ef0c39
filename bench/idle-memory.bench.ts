import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { listen, startGateway } from './gateway-role.ts'
import { playRoles, startRole } from './roles.ts'

/**
 * Memory of idle connections: resident set of the server process after collecting garbage, beside a
 * bare `ws` server; and of one more channel for each of them.
 */
const connections = Number(process.env.CONNECTIONS ?? 4_000)
const moreChannels = 100

const resident = async (): Promise<number> => {
  for (let round = 0; round < 5; round++) {
    global.gc!()
    await sleep(100)
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
  const open = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const url = `ws://127.0.0.1:${port}/connection/websocket`
      const socket = new WebSocket(url, { perMessageDeflate: false })
      sockets.push(socket)
      socket.on('open', () => socket.send('{"id":1,"connect":{}}'))
      socket.once('message', () => resolve())
      socket.on('error', reject)
      socket.on('message', (data: Buffer) => data.length === 2 && socket.send('{}'))
    })
  return {
    async connect({ port, count }: { port: number; count: number }) {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, () => open(port)))
    },
    async subscribe({ channels }: { channels: number }) {
      for (const socket of sockets) {
        const names = Array.from({ length: channels }, (_, n) => `conversation:${n + 1}`)
        socket.send(
          names
            .map((channel, n) => `{"id":${n + 2},"subscribe":{"channel":"${channel}"}}`)
            .join('\n'),
        )
        await new Promise((resolve) => setImmediate(resolve))
      }
      await sleep(2_000)
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
    await peers.ask('subscribe', { channels: moreChannels })
    const subscribed = await server.ask<number>('resident')
    perChannel = (subscribed - connected) / (connections + 500) / moreChannels
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
