import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Gateway } from './gateway/gateway.ts'
import { refuseUpgrade } from './gateway/websocket.ts'
import type { Logger } from './logger.ts'
import { answerHealth, type Health } from './monitoring/health.ts'
import { PlainUnlessWebsocket } from './upgrades.ts'

interface Listener {
  port: number
  /** Being busy is an error, not a warning. */
  required: boolean
}

interface Api {
  server: Server
  listen(where: { host: string; port: number; backlog: number }): Promise<string>
  close(): Promise<unknown>
}

interface Options {
  host: string
  port: number
  /** Serves the port; without it the port is the gateway's alone. */
  api: Api | undefined
  gateway: Gateway | undefined
  /** A second listener for the gateway alone. */
  second: Listener | undefined
  health: Health
  log: Logger
}

/** The ports of this process, and which part answers on them. */
export interface Servers {
  /** @throws where a port is taken */
  listen(): Promise<{ url: string; gatewayUrl: string | undefined }>
  /** New connections are refused; what is open goes on. */
  stopListening(): void
  /** Resolves when requests under way have been answered. */
  close(): Promise<void>
}

/** Connections that wait to be taken: where all come back at once, the rest would try again in seconds. */
const backlog = 4_096

export function createServers(options: Options): Servers {
  const { host, port, api, gateway, second, health, log } = options
  const main = api?.server ?? bareServer(health)
  const beside = gateway && second && bareServer(health)
  if (gateway) gateway.attach(main)
  else main.on('upgrade', refuseWebsocket)
  if (gateway && beside) gateway.attach(beside)
  return {
    async listen() {
      const url = api
        ? await api.listen({ host, port, backlog })
        : `http://${await listenOn(main, host, port)}`
      const address = beside && (await listenBeside(beside, second!, host, log))
      return { url, gatewayUrl: address && `ws://${address}` }
    },
    stopListening() {
      main.close()
      beside?.close()
    },
    async close() {
      beside?.close()
      if (api) await api.close()
      else main.close()
    },
  }
}

const bareOptions = { requestTimeout: 30_000, IncomingMessage: PlainUnlessWebsocket }

/** Where nothing but the gateway is. */
const bareServer = (health: Health): Server =>
  createServer(bareOptions, (request, response) => {
    if (answerHealth(health, request, response)) return
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is only a gateway here.\n')
  })

const refuseWebsocket = (_request: IncomingMessage, socket: Duplex): void => {
  socket.on('error', () => {})
  refuseUpgrade(socket, 'This process serves no WebSockets: the gateway does.\n', '404 Not Found')
}

async function listenOn(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog }, resolve)
  })
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${name}:${address.port}`
}

/** Tutorial A's client looks for its server on a port of its own. */
async function listenBeside(
  server: Server,
  { port, required }: Listener,
  mainHost: string,
  log: Logger,
): Promise<string | undefined> {
  try {
    // Nobody asked for the tutorial's port, so it is not opened to other machines.
    return await listenOn(server, required ? mainHost : '127.0.0.1', port)
  } catch (error) {
    if (required || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    log.warn(
      { port },
      `port ${port} is taken: clients that look for the gateway there will not find it`,
    )
    return undefined
  }
}
