import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { Bus } from './bus.ts'
import { createPresence, presenceDefaults, type Presence, type PresenceTimers } from './presence.ts'
import { createPresenceEntries } from './redis-presence-entries.ts'
import { createRoster } from './roster.ts'

interface RedisPresenceOptions extends PresenceTimers {
  url: string
  /** Begins the names of all keys. */
  prefix: string
  bus: Bus
  log: Logger
}

/** How long a node that starts waits for what others have written. */
const patienceMs = 500
const refreshesPerExpiry = 3

/**
 * The presence of several nodes. Each keeps one list of its own people in Redis, which expires with
 * it, and tells the others over the bus what changed in it. While Redis is away a node knows its own
 * people, and the others' until their time is over.
 */
export async function redisPresence(options: RedisPresenceOptions): Promise<Presence> {
  const { url, prefix, bus, log, ...timers } = options
  const { intervalMs, graceMs, expiryMs } = { ...presenceDefaults, ...timers }
  const node = randomBytes(9).toString('base64url')
  const roster = createRoster(graceMs)
  const entries = createPresenceEntries({ url, prefix, node, roster, expiryMs, log })
  let refreshAtMs = 0

  bus.listen({
    control(message) {
      if (message.type !== 'online' && message.type !== 'gone') return
      if (message.node === node) return
      if (message.type === 'gone') roster.retire(message.node)
      else if (!roster.follow(message.node, message, performance.now() + expiryMs))
        entries.want(message.node, message.version)
    },
    interrupted: () => void entries.readAll(),
  })

  function tick(): void {
    const difference = roster.takeDifference()
    const now = performance.now()
    const changed = difference.version !== difference.from
    if (changed || now >= refreshAtMs) {
      refreshAtMs = now + expiryMs / refreshesPerExpiry
      bus.control({ type: 'online', node, ...difference })
      entries.write()
    } else entries.retry()
    entries.readWanted()
  }

  const presence = createPresence({
    roster,
    intervalMs,
    log,
    exchange: {
      tick,
      async close() {
        bus.control({ type: 'gone', node })
        await entries.close()
      },
    },
  })
  const late = new AbortController()
  await Promise.race([entries.read, sleep(patienceMs, undefined, late).catch(() => {})])
  late.abort()
  // Nobody here has been told anything yet.
  roster.takeChanges(Infinity)
  return presence
}
