import { randomBytes } from 'node:crypto'
import type { Logger } from '../logger.ts'
import { createListeners, type Bus } from './bus.ts'
import { openRedis } from './redis-connection.ts'
import {
  decodeControl,
  decodePublications,
  encodeControl,
  encodePublication,
  headOf,
} from './redis-messages.ts'
import { createPublisher } from './redis-publisher.ts'
import { createSubscriber } from './redis-subscriber.ts'

interface RedisBusOptions {
  url: string
  /** Begins the names of all Redis channels: installations that share a Redis have different ones. */
  prefix: string
  log: Logger
}

/** Channels share this many Redis channels. All nodes of an installation must have the same number. */
const busChannels = 64

/**
 * The bus of several nodes, over Redis Pub/Sub. While Redis is away a node goes on by itself: its own
 * publications reach its own hub as ever, and what others publish is found by comparing with the past.
 */
export function redisBus({ url, prefix, log }: RedisBusOptions): Bus {
  const head = headOf(randomBytes(9).toString('base64url'))
  const ownHead = Buffer.from(head)
  const controlChannel = `${prefix}:control`
  const busChannelOf = (channel: string) => `${prefix}:bus:${hash(channel) % busChannels}`
  /** When each is there, or cannot be for now. */
  const channels = new Map<string, Promise<void>>()
  const listeners = createListeners()
  let refusal = ''

  const outgoing = openRedis({
    url,
    log,
    name: 'parley-publisher',
    onReady: () => publisher.ready(),
  })
  const publisher = createPublisher({ connection: outgoing, head, controlChannel, log })

  const subscriber = createSubscriber(() => incoming, controlChannel)
  const incoming = openRedis({
    url,
    log,
    name: 'parley-subscriber',
    onReady() {
      subscriber.restore().then(
        () => listeners.interrupted(),
        (error: Error) => {
          if (incoming.ready && error.message !== refusal)
            log.warn({ reason: (refusal = error.message) }, 'Redis refused a subscription')
          incoming.client.stream.destroy()
        },
      )
    },
    onDown() {
      subscriber.down()
      listeners.interrupted()
    },
  })
  incoming.client.on('messageBuffer', (redisChannel: Buffer, payload: Buffer) => {
    if (payload.subarray(0, ownHead.length).equals(ownHead)) return
    if (redisChannel.toString() === controlChannel) takeControl(payload)
    else takePublications(payload)
  })

  function takePublications(payload: Buffer): void {
    for (const publication of decoded(decodePublications, payload))
      if (channels.has(publication.channel)) listeners.publication(publication)
  }

  function takeControl(payload: Buffer): void {
    for (const message of decoded(decodeControl, payload)) {
      if (message.type === 'missed') listeners.interrupted()
      else listeners.control(message)
    }
  }

  function decoded<Message>(decode: (payload: Buffer) => Message[], payload: Buffer): Message[] {
    try {
      return decode(payload)
    } catch (error) {
      log.debug({ err: error }, 'left out a message on the bus')
      return []
    }
  }

  return {
    get connected() {
      return subscriber.live
    },
    get dropped() {
      return publisher.dropped
    },
    publish(publication) {
      if (channels.has(publication.channel)) listeners.publication(publication)
      publisher.add(busChannelOf(publication.channel), encodePublication(publication))
    },
    control(message) {
      listeners.control(message)
      publisher.add(controlChannel, encodeControl(message))
    },
    subscribe(channel) {
      const there = channels.get(channel) ?? subscriber.add(busChannelOf(channel))
      channels.set(channel, there)
      return there
    },
    unsubscribe(channel) {
      if (channels.delete(channel)) subscriber.remove(busChannelOf(channel))
    },
    listen: listeners.add,
    async close() {
      listeners.clear()
      publisher.flush()
      publisher.stop()
      outgoing.close()
      incoming.close()
    },
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}
