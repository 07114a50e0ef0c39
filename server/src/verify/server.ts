import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Message, User } from '@parley/protocol/resources'
import type { Network } from './network.ts'

/** A Parley as it is reached through a network in between. */
export interface Server {
  /** Its own address. */
  url: URL
  gatewayUrl: string
  /** What a request needs beside its own: the name that the server is known by. */
  headers: { host: string }
  tls: { servername?: string }
  /** One REST call. @throws where no answer arrives within 5 s */
  call(method: string, path: string, cookie: string, body: unknown): Promise<Answer>
  close(): void
}

export interface Answer {
  status: number
  /** Of an operation's answer; what stands in front of a server answers in its own words. */
  body: { message?: Message; user?: User; error?: { name: string } } | undefined
}

const callTimeoutMs = 5_000
const json = { 'content-type': 'application/json' }

/** @param url of the server itself, whose name and scheme stay what they are */
export function serverBehind(network: Pick<Network, 'port'>, url: URL): Server {
  const isTls = url.protocol === 'https:'
  const headers = { host: url.host }
  const tls = isTls ? { servername: url.hostname } : {}
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, maxSockets: 100, ...tls })
    : new HttpAgent({ keepAlive: true, maxSockets: 100 })
  const path = url.pathname.replace(/\/$/, '')
  return {
    url,
    gatewayUrl: `${isTls ? 'wss' : 'ws'}://127.0.0.1:${network.port}${path}/connection/websocket`,
    headers,
    tls,
    call: (method, route, cookie, body) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? '' : JSON.stringify(body)
        const options = {
          agent,
          method,
          host: '127.0.0.1',
          port: network.port,
          path: path + route,
          timeout: callTimeoutMs,
          headers: { ...headers, cookie, ...(body !== undefined && json) },
        }
        const request = (isTls ? httpsRequest : httpRequest)(options, (response) => {
          let said = ''
          response.setEncoding('utf8').on('data', (chunk) => (said += chunk))
          response.on('error', reject)
          response.on('end', () => resolve({ status: response.statusCode!, body: parsed(said) }))
        })
        request.on('timeout', () => request.destroy(new Error('no answer in time')))
        request.on('error', reject)
        request.end(text)
      }),
    close: () => agent.destroy(),
  }
}

function parsed(text: string): Answer['body'] {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
