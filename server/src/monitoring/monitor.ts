import { noMetrics, type Metrics } from '../metrics.ts'
import type { Levels } from './prometheus.ts'

/** Counts for Prometheus where it was asked for; else nothing is counted, and the library not loaded. */
export interface Monitor {
  metrics: Metrics
  /** @throws where the port is taken */
  listen(levels: () => Promise<Levels>): Promise<void>
  close(): void
}

const nobody: Monitor = { metrics: noMetrics, async listen() {}, close() {} }

export async function createMonitor(
  listener: { host: string; port: number } | undefined,
): Promise<Monitor> {
  if (!listener) return nobody
  const { createPrometheus } = await import('./prometheus.ts')
  const { serveMetrics } = await import('./metrics-server.ts')
  const prometheus = createPrometheus()
  let server: Awaited<ReturnType<typeof serveMetrics>> | undefined
  return {
    metrics: prometheus.metrics,
    async listen(levels) {
      server = await serveMetrics(listener, async () => prometheus.text(await levels()))
    },
    close() {
      server?.close()
      prometheus.close()
    },
  }
}
