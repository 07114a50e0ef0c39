import { isIP } from 'node:net'
import { Redis } from 'ioredis'
import type { Logger } from '../logger.ts'

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://` with user, password and database. */
  url: string
  /** What `CLIENT LIST` shows. */
  name: string
  log: Logger
  onReady?(): void
  onDown?(): void
}

/** One connection that comes back by itself, for ever. */
export interface RedisConnection {
  readonly client: Redis
  /** Commands can be sent now; at other times they are refused, never kept. */
  readonly ready: boolean
  close(): void
}

const connectTimeoutMs = 3_000
const retryMaxMs = 500
const pingIntervalMs = 2_000
const pingDeadlineMs = 2_000

export function openRedis(options: RedisConnectionOptions): RedisConnection {
  const { log, name, onReady, onDown } = options
  const client = new Redis({
    ...addressOf(options.url),
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (times) => Math.min(25 * 2 ** times, retryMaxMs) * (0.75 + Math.random() / 2),
    // A command that met a broken connection fails at once and is never repeated by the library.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
  })
  // Only its message may be logged: errors carry the command, which is the password when signing in.
  let reason = ''
  let state: 'new' | 'up' | 'down' | 'closed' = 'new'
  client.on('error', (error: Error) => (reason = error.message))
  client.on('ready', () => {
    if (state === 'down') log.info({ connection: name }, 'Redis answers again')
    state = 'up'
    onReady?.()
  })
  client.on('close', () => {
    if (state === 'closed') return
    const wasUp = state === 'up'
    if (state !== 'down')
      log.warn({ connection: name, reason: reason || 'closed' }, 'Redis does not answer')
    state = 'down'
    reason = ''
    if (wasUp) onDown?.()
  })
  const heartbeat = keepAlive(client)
  return {
    client,
    get ready() {
      return client.status === 'ready'
    },
    close() {
      state = 'closed'
      clearInterval(heartbeat)
      client.disconnect()
    },
  }
}

/** A peer that vanished, or froze, closes nothing: what leaves a ping unanswered is cut off. */
function keepAlive(client: Redis): NodeJS.Timeout {
  const cutAfter = (deadlineMs: number) => {
    const { stream } = client
    return setTimeout(() => stream.destroy(), deadlineMs).unref()
  }
  client.on('connect', () => {
    const cut = cutAfter(connectTimeoutMs)
    const stop = () => clearTimeout(cut)
    client.once('ready', stop).once('close', stop)
  })
  const ping = () => {
    if (client.status !== 'ready') return
    const cut = cutAfter(pingDeadlineMs)
    const stop = () => clearTimeout(cut)
    client.ping().then(stop, stop)
  }
  return setInterval(ping, pingIntervalMs).unref()
}

/** The library would take settings of its own from an address. */
function addressOf(text: string) {
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1)),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: isIP(host) ? {} : { servername: host } }),
  }
}
