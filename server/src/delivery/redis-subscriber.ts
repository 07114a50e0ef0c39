import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConnection } from './redis-connection.ts'

export interface RedisSubscriber {
  /** What is published reaches this node, as far as it can know. */
  readonly live: boolean
  /** Resolves when the subscription is there, or cannot be had for now. Counted: each needs its `remove`. */
  add(redisChannel: string): Promise<void>
  remove(redisChannel: string): void
  /** Subscribes to everything that is wanted, on a new connection. */
  restore(): Promise<void>
  down(): void
}

/** Longer than a healthy Redis takes. After it the missing is found by comparing with the past. */
const patienceMs = 500

/** Keeps the connection subscribed to what is wanted. */
export function createSubscriber(
  connection: () => RedisConnection,
  controlChannel: string,
): RedisSubscriber {
  const wanted = new Map<string, number>([[controlChannel, 1]])
  const pending = new Map<string, Promise<void>>()
  let live = false
  let stalled = false

  function subscribe(redisChannel: string): Promise<void> {
    const done = connection()
      .client.subscribe(redisChannel)
      .then(
        () => void (stalled = false),
        () => {},
      )
    pending.set(redisChannel, done)
    void done.then(() => {
      if (pending.get(redisChannel) === done) pending.delete(redisChannel)
    })
    return done
  }

  return {
    get live() {
      return live
    },

    async add(redisChannel) {
      const count = wanted.get(redisChannel) ?? 0
      wanted.set(redisChannel, count + 1)
      if (!connection().ready) return
      const there = count === 0 ? subscribe(redisChannel) : pending.get(redisChannel)
      if (!there || stalled) return
      const late = new AbortController()
      const timeout = sleep(patienceMs, undefined, late).then(
        () => void (stalled = true),
        () => {},
      )
      await Promise.race([there, timeout])
      late.abort()
    },

    remove(redisChannel) {
      const count = wanted.get(redisChannel) ?? 0
      if (count > 1) {
        wanted.set(redisChannel, count - 1)
        return
      }
      wanted.delete(redisChannel)
      pending.delete(redisChannel)
      if (connection().ready) connection().client.unsubscribe(redisChannel).catch(ignore)
    },

    async restore() {
      stalled = false
      await connection().client.subscribe(...wanted.keys())
      live = true
    },

    down() {
      live = false
      pending.clear()
    },
  }
}

/** The connection is gone, and with it the subscription. */
const ignore = () => {}
