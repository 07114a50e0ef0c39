import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import { openRedis } from './redis-connection.ts'
import type { Roster } from './roster.ts'

interface EntriesOptions {
  url: string
  prefix: string
  node: string
  roster: Roster
  expiryMs: number
  log: Logger
}

/** The lists of all nodes, as each keeps its own in Redis. Nothing here throws or rejects. */
export interface PresenceEntries {
  /** Writes this node's list, at once or when it can be. */
  write(): void
  /** Writes it where that has failed. */
  retry(): void
  /** The list of another node is needed, in this version or a later one. */
  want(node: string, version: number): void
  readWanted(): void
  readAll(): Promise<void>
  /** Resolves when all were read for the first time. */
  readonly read: Promise<void>
  /** Takes this node's list away. */
  close(): Promise<void>
}

const closeMaxMs = 300

export function createPresenceEntries(options: EntriesOptions): PresenceEntries {
  const { url, prefix, node, roster, expiryMs, log } = options
  const nodesKey = `${prefix}:presence`
  const keyOf = (node: string) => `${prefix}:presence:${node}`
  /** By node, the version that is needed. */
  const wanted = new Map<string, number>()
  /** What is in Redis is not this node's list. */
  let outdated = true
  let writing = false
  let reading: Promise<unknown> | undefined
  let firstRead = (): void => {}
  const read = new Promise<void>((resolve) => (firstRead = resolve))
  const connection = openRedis({
    url,
    log,
    name: 'parley-presence',
    onReady() {
      void write()
      void readAll()
    },
  })

  async function write(): Promise<void> {
    outdated = true
    if (writing || !connection.ready) return
    writing = true
    outdated = false
    const list = JSON.stringify(roster.own())
    const results = await connection.client
      .pipeline()
      .set(keyOf(node), list, 'PX', expiryMs)
      .sadd(nodesKey, node)
      .exec()
      .catch(() => null)
    writing = false
    if (!results?.every(([error]) => !error)) outdated = true
  }

  async function readAll(): Promise<void> {
    if (!connection.ready) return
    try {
      for (const other of await connection.client.smembers(nodesKey))
        if (other !== node && !wanted.has(other)) wanted.set(other, 0)
      await readWanted()
      firstRead()
    } catch (error) {
      unread(error as Error)
    }
  }

  async function readWanted(): Promise<void> {
    if (!connection.ready) return
    reading ??= Promise.all([...wanted.keys()].map((other) => readOne(other).catch(unread)))
    await reading
    reading = undefined
  }

  const unread = ({ message }: Error) =>
    log.debug({ reason: message }, 'could not read who is online elsewhere')

  async function readOne(other: string): Promise<void> {
    const { client } = connection
    const [leftMs, text] = await Promise.all([client.pttl(keyOf(other)), client.get(keyOf(other))])
    if (text === null) {
      wanted.delete(other)
      await client.srem(nodesKey, other)
      return
    }
    const { version, users } = listIn(text)
    roster.replace(other, { version, users }, performance.now() + Math.max(0, leftMs))
    if (version >= wanted.get(other)!) wanted.delete(other)
  }

  return {
    write: () => void write(),
    retry: () => void (outdated && write()),
    want: (other, version) => void wanted.set(other, version),
    readWanted: () => void readWanted(),
    readAll,
    read,
    async close() {
      if (connection.ready) {
        const pipeline = connection.client.pipeline().del(keyOf(node)).srem(nodesKey, node)
        const late = new AbortController()
        const done = pipeline.exec().catch(() => {})
        await Promise.race([done, sleep(closeMaxMs, undefined, late).catch(() => {})])
        late.abort()
      }
      connection.close()
    },
  }
}

function listIn(text: string): { version: number; users: string[] } {
  const { version, users } = JSON.parse(text)
  if (!Number.isInteger(version) || !Array.isArray(users)) throw new Error('not a list of users')
  return { version, users: users.map(String) }
}
