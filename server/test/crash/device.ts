/** The official client as a web app uses it: it sends until it is answered, and keeps what it sees. */
import { randomUUID } from 'node:crypto'
import type { Change } from '@parley/protocol/changes'
import type { Message } from '@parley/protocol/resources'
import type { Centrifuge } from 'centrifuge'
import { expect } from 'vitest'
import { clientFor, until } from '../app.ts'
import type { ServerProcess } from './server-process.ts'

export interface Draft {
  conversationId: number
  content: string
  clientKey: string
}

export interface Device {
  client: Centrifuge
  /** Per channel, in the order in which it came, live and after every way back. */
  seen: Map<string, Change[]>
  /** Where each channel stood when it was first subscribed. */
  startedAt: Map<string, number>
  /** Subscriptions that could not be continued where they had been. */
  unrecovered: string[]
  /** The codes with which connections ended. */
  ends: number[]
  /** Sends once. */
  try(draft: Draft): Promise<Message>
  /** Sends, with the same key, until there is an answer. */
  send(draft: Draft): Promise<Message>
}

export const aDraft = (conversationId: number, content: string): Draft => ({
  conversationId,
  content,
  clientKey: randomUUID(),
})

export async function aDevice(
  { gatewayUrl }: Pick<ServerProcess, 'gatewayUrl'>,
  cookie: string,
  options: Parameters<typeof clientFor>[1] = {},
): Promise<Device> {
  const client = clientFor(gatewayUrl, { cookie, ...options })
  const device: Device = {
    client,
    seen: new Map(),
    startedAt: new Map(),
    unrecovered: [],
    ends: [],
    try: async (draft) => (await client.rpc('messages.send', draft)).data.message,
    async send(draft) {
      for (;;) {
        try {
          return await device.try(draft)
        } catch (error) {
          if (!isWorthAnother(error)) throw error
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      }
    },
  }
  client.on('connecting', ({ code }) => device.ends.push(code))
  client.on('subscribed', ({ channel, streamPosition, wasRecovering, recovered }) => {
    if (wasRecovering && !recovered) device.unrecovered.push(channel)
    if (device.startedAt.has(channel)) return
    device.startedAt.set(channel, streamPosition?.offset ?? 0)
    device.seen.set(channel, [])
  })
  client.on('publication', ({ channel, data, offset }) => {
    if (offset) device.seen.get(channel)?.push(data)
  })
  client.connect()
  await client.ready(10_000)
  await until('the device is on its channels', () => device.startedAt.size > 1)
  return device
}

/** Lost connections (client's own codes, below 100), "too many", and what says "try again". */
const isWorthAnother = (error: unknown): boolean => {
  const { code } = error as { code?: number }
  return code !== undefined && (code < 100 || code === 111 || code === 503)
}

/** Everything of this conversation after the first subscription has come: once, and in order. */
export async function expectWhole(device: Device, conversationId: number, lastSeq: number) {
  const channel = `conversation:${conversationId}`
  const first = device.startedAt.get(channel)! + 1
  const expected = Array.from({ length: lastSeq - first + 1 }, (_, index) => first + index)
  const seen = device.seen.get(channel)!
  await until('everything has come', () => seen.length >= expected.length)
  expect(seen.map(({ seq }) => seq)).toEqual(expected)
}
