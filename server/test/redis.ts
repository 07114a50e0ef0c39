/** A throwaway `redis-server` without persistence, which can be stopped, frozen and slowed down. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

export interface TestRedis {
  readonly url: string
  /** A client of its own, gone when the test ends. */
  client(): Redis
  start(): Promise<void>
  /** kill -9; it comes back empty. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
  flush(): Promise<void>
}

/** @param started false: the address is there, and nobody listens yet */
export async function aRedis({ started = true, args = [] as string[] } = {}): Promise<TestRedis> {
  const redis = await redisServer(args)
  onTestFinished(() => redis.kill())
  if (started) await redis.start()
  return redis
}

/** One that is not started yet, and that nobody stops but the caller. */
export async function redisServer(args: string[] = []): Promise<TestRedis> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    client() {
      const client = new Redis(redis.url, { retryStrategy: () => 20 })
      client.on('error', () => {})
      onTestFinished(() => client.disconnect())
      return client
    },
    async start() {
      const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
      child = spawn('redis-server', [...options.map(String), ...args], { stdio: 'pipe' })
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('redis-server ended')))
      ended.catch(() => {})
      let output = ''
      const ready = new Promise<void>((resolve) => {
        child!.stdout!.on('data', (chunk) => {
          output += chunk
          if (output.includes('Ready to accept connections')) resolve()
        })
      })
      await Promise.race([ready, ended])
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async flush() {
      await redis.client().flushall()
    },
  }
  return redis
}

/** Between a node and its Redis: it can be slow, silent or lossy. */
export interface SlowLink {
  readonly url: string
  delayMs: number
  /** Swallows everything in both directions. */
  cut: boolean
  /** How many of what is sent to Redis in one piece get lost, with their connection: 0 to 1. */
  loss: number
}

export async function aSlowLink(to: TestRedis): Promise<SlowLink> {
  const target = Number(new URL(to.url).port)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    const relay = (from: Socket, into: Socket) => {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (from === near && Math.random() < link.loss) near.destroy()
        else if (!link.cut) setTimeout(() => link.cut || into.write(chunk), link.delayMs)
      })
      from.on('error', () => {})
      from.on('close', () => into.destroy())
    }
    relay(near, far)
    relay(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  const link: SlowLink = { url: `redis://127.0.0.1:${port}`, delayMs: 0, cut: false, loss: 0 }
  return link
}

/** Below the numbers that systems give to outgoing connections: while it is down nobody gets it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
