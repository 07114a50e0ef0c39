import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createChannelClients } from '../server/src/delivery/channel-clients.ts'
import { createHub } from '../server/src/delivery/hub.ts'
import { memoryBus } from '../server/src/delivery/memory-bus.ts'
import { memoryPresence } from '../server/src/delivery/memory-presence.ts'
import type { History } from '../server/src/delivery/history.ts'
import { encodePublications } from '../server/src/gateway/codec/codecs.ts'
import { createGateway } from '../server/src/gateway/gateway.ts'
import { noMetrics } from '../server/src/metrics.ts'
import { createPrometheus } from '../server/src/monitoring/prometheus.ts'
import { storedAtMs } from '../server/src/chat/announce.ts'
import type { Rules } from '../server/src/gateway/rules.ts'

const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const epoch = 'bench'

/** The product's own hub and gateway, with lines in memory and everything allowed. */
export async function startGateway(): Promise<{
  port: number
  publish(channel: string, data: object): void
}> {
  const tops = new Map<string, number>()
  const top = (channel: string) => ({ epoch, offset: tops.get(channel) ?? 0 })
  const history: History = {
    kindOf: () => 'line',
    top: async (channel) => top(channel),
    after: async (channel) => ({ top: top(channel), publications: [] }),
    wentBack: async () => {},
  }
  const rules: Rules = {
    connect: async () => ({ identity: { user: '1' }, data: {} }),
    recheck: async () => ({ now: [], later: [] }),
    screens: async () => new Map(),
    states: async () => new Map(),
    subscribe: async () => {},
    publish: async () => {},
    rpc: async () => ({ data: {} }),
    refresh: async () => ({}),
    changedUsers: async () => new Set(),
  }
  const bus = memoryBus()
  const metrics = process.env.METRICS ? createPrometheus().metrics : noMetrics
  const hub = createHub({
    bus,
    history,
    encode: encodePublications,
    log,
    metrics,
    storedAtMs,
  })
  const gateway = createGateway({
    hub,
    history,
    clients: createChannelClients({ bus, hub, otherNodes: () => 0 }),
    presence: memoryPresence({ log }),
    rules,
    log,
    metrics,
    version: 'bench',
  })
  const server = createServer()
  gateway.attach(server)
  const port = await listen(server)
  return {
    port,
    publish(channel, data) {
      const offset = (tops.get(channel) ?? 0) + 1
      tops.set(channel, offset)
      hub.publish({ channel, position: { epoch, offset }, data: JSON.stringify(data) })
    },
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
