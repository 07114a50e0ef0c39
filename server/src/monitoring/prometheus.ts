import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'

/** What is so at the moment of a scrape. Numbers by series. */
export interface Levels {
  connections: number
  /** By state. */
  sessions: Readonly<Record<string, number>>
  channels: number
  subscriptions: number
  /** By state. */
  databaseConnections: Readonly<Record<string, number>>
  /** Absent on a single node. */
  bus?: { up: boolean; dropped: number }
  ready: boolean
}

export interface Prometheus {
  metrics: Metrics
  /** The text of a scrape. */
  text(levels: Levels): Promise<string>
  close(): void
}

const fast = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const loopSampleMs = 50

/** The one place that knows the library. */
export function createPrometheus(): Prometheus {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `parley_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name: `parley_${name}`, help, buckets, labelNames, registers })

  const published = counter('publications_total', 'Publications handed to the bus')
  const delivered = counter('deliveries_total', 'Publications written to sockets')
  const lag = histogram('delivery_lag_seconds', 'From commit to the flush to sockets', fast)
  const behind = new Gauge({
    name: 'parley_hub_behind',
    help: 'Numbers that the hub missed when it last compared with the database',
    registers,
  })
  const caughtUp = counter('catch_ups_total', 'Reads of the past', ['reason'])
  const refused = counter('refusals_total', 'Expected refusals', ['door', 'name'])
  const disconnected = counter('disconnects_total', 'Sessions that ended', ['code'])
  const http = histogram('http_request_duration_seconds', 'HTTP requests', fast, [
    'method',
    'route',
    'status',
  ])
  const batches = histogram(
    'send_batch_messages',
    'Messages written in one call',
    [1, 2, 5, 10, 20, 50, 100, 200],
  )
  const loop = histogram('event_loop_delay_seconds', 'How late a timer is', fast)
  const stopSampling = sampleLoop((seconds) => loop.observe(seconds))
  const setLevels = levelsIn(registers)

  const metrics: Metrics = {
    published: () => published.inc(),
    delivered: (count) => delivered.inc(count),
    lag: (seconds) => lag.observe(Math.max(0, seconds)),
    behind: (numbers) => behind.set(numbers),
    caughtUp: (reason) => caughtUp.inc({ reason }),
    refused: (door, name) => refused.inc({ door, name }),
    disconnected: (code) => disconnected.inc({ code: code ?? 'client' }),
    answered: (method, route, status, seconds) => http.observe({ method, route, status }, seconds),
    batch: (size) => batches.observe(size),
  }
  return {
    metrics,
    text(levels) {
      setLevels(levels)
      return registry.metrics()
    },
    close() {
      stopSampling()
      registry.clear()
    },
  }
}

function levelsIn(registers: Registry[]): (levels: Levels) => void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `parley_${name}`, help, labelNames, registers })
  const connections = gauge('connections', 'Open WebSocket connections')
  const sessions = gauge('sessions', 'Sessions by state', ['state'])
  const channels = gauge('channels', 'Channels that this node follows')
  const subscriptions = gauge('subscriptions', 'Subscriptions on this node')
  const database = gauge('database_connections', 'Connections to PostgreSQL', ['state'])
  const ready = gauge('ready', 'Whether /readyz says so')
  const busUp = gauge('bus_up', 'Whether other nodes are heard; absent on a single node')
  const dropped = gauge('bus_dropped_publications', 'Not handed to Redis since the start')
  for (const each of [busUp, dropped]) each.remove()
  return (levels) => {
    connections.set(levels.connections)
    for (const [state, count] of Object.entries(levels.sessions)) sessions.set({ state }, count)
    channels.set(levels.channels)
    subscriptions.set(levels.subscriptions)
    for (const [state, count] of Object.entries(levels.databaseConnections))
      database.set({ state }, count)
    ready.set(levels.ready ? 1 : 0)
    if (!levels.bus) return
    busUp.set(levels.bus.up ? 1 : 0)
    dropped.set(levels.bus.dropped)
  }
}

function sampleLoop(observe: (seconds: number) => void): () => void {
  let dueMs = performance.now() + loopSampleMs
  const timer = setInterval(() => {
    const now = performance.now()
    observe(Math.max(0, now - dueMs) / 1_000)
    dueMs = now + loopSampleMs
  }, loopSampleMs).unref()
  return () => clearInterval(timer)
}
