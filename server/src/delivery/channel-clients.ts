import { randomUUID } from 'node:crypto'
import type { Bus, ControlMessage } from './bus.ts'
import type { Hub } from './hub.ts'

/** One connection on a channel. */
export interface PresenceEntry {
  readonly client: string
  readonly user: string
}

/** Who is on a channel, over all nodes: they are asked each time, and nothing is kept. */
export interface ChannelClients {
  /** At most 1,000 connections of each node. */
  list(channel: string): Promise<PresenceEntry[]>
  /** Exact up to 10,000 users on each node; connections are always counted. */
  count(channel: string): Promise<{ clients: number; users: number }>
}

interface ChannelClientsOptions {
  bus: Bus
  hub: Pick<Hub, 'subscribers'>
  /** How many answers to wait for. */
  otherNodes(): number
}

interface Answer {
  readonly total: number
  readonly entries: readonly PresenceEntry[]
}

interface Asked {
  readonly answers: Answer[]
  readonly expected: number
  done(): void
}

const clientsMax = 1_000
const usersMax = 10_000
/** A node that is gone does not answer. */
const patienceMs = 500

export function createChannelClients(options: ChannelClientsOptions): ChannelClients {
  const { bus, hub, otherNodes } = options
  const asked = new Map<string, Asked>()
  /** Who asks the same at the same time gets the same answer. */
  const underWay = new Map<string, Promise<Answer[]>>()

  bus.listen({
    control(message) {
      if (message.type === 'clientsAre') take(message)
      else if (message.type === 'clients' && !asked.has(message.request)) {
        const answer = onThisNode(message.channel, message.perUser)
        bus.control({ type: 'clientsAre', request: message.request, ...answer })
      }
    },
  })

  function take({ request, total, entries }: ControlMessage & { type: 'clientsAre' }): void {
    const waiting = asked.get(request)
    if (!waiting) return
    waiting.answers.push({ total, entries })
    if (waiting.answers.length >= waiting.expected) waiting.done()
  }

  function onThisNode(channel: string, perUser: boolean): Answer {
    const entries: PresenceEntry[] = []
    const users = new Set<string>()
    let total = 0
    for (const { client, user } of hub.subscribers(channel)) {
      total++
      if (entries.length >= (perUser ? usersMax : clientsMax)) continue
      if (perUser && users.has(user)) continue
      users.add(user)
      entries.push({ client, user })
    }
    return { total, entries }
  }

  async function onOtherNodes(channel: string, perUser: boolean): Promise<Answer[]> {
    const expected = bus.connected ? otherNodes() : 0
    if (expected === 0) return []
    const request = randomUUID()
    const answers: Answer[] = []
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(resolve, patienceMs)
      const done = () => {
        clearTimeout(timeout)
        resolve()
      }
      asked.set(request, { answers, expected, done })
      bus.control({ type: 'clients', request, channel, perUser })
    })
    asked.delete(request)
    return answers
  }

  async function everywhere(channel: string, perUser: boolean): Promise<Answer[]> {
    const key = `${perUser} ${channel}`
    let others = underWay.get(key)
    if (!others) {
      others = onOtherNodes(channel, perUser).finally(() => underWay.delete(key))
      underWay.set(key, others)
    }
    return [...(await others), onThisNode(channel, perUser)]
  }

  return {
    async list(channel) {
      return (await everywhere(channel, false)).flatMap(({ entries }) => entries)
    },
    async count(channel) {
      const answers = await everywhere(channel, true)
      return {
        clients: answers.reduce((sum, { total }) => sum + total, 0),
        users: new Set(answers.flatMap(({ entries }) => entries.map(({ user }) => user))).size,
      }
    },
  }
}
