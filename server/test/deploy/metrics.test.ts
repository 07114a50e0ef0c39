import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { signIn, startApp, until } from '../app.ts'
import { openWire } from '../wire.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('Prometheus finds what happens on a port of its own, without names and conversations', async () => {
  const port = await freePort()
  const app = await startApp({ metricsListener: { host: '127.0.0.1', port } })
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const value = async (series: string) => {
    const line = (await scrape()).split('\n').find((each) => each.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  const john = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie: john.cookie } })
  await wire.connect()
  const draft = { conversationId: 1, content: 'a plain word', clientKey: crypto.randomUUID() }
  await wire.ask({ id: 2, rpc: { method: 'messages.send', data: draft } })
  await wire.ask({ id: 3, rpc: { method: 'a secret method', data: {} } })
  await john.call('GET', '/api/conversations/777')
  await until('it was delivered', () => wire.publications('conversation:1').length === 1)
  const expected = {
    parley_connections: 1,
    'parley_sessions{state="connected"}': 1,
    parley_publications_total: 2,
    parley_delivery_lag_seconds_count: 1,
    parley_send_batch_messages_count: 1,
    'parley_refusals_total{door="websocket",name="methodNotFound"}': 1,
    'parley_refusals_total{door="http",name="notFound"}': 1,
    'parley_http_request_duration_seconds_count{method="GET",route="/api/conversations/:id",status="404"}': 1,
    parley_ready: 1,
  }
  for (const [series, amount] of Object.entries(expected))
    expect(await value(series), series).toBe(amount)
  // Who is online is told too, before or after the message.
  const delivered = () => wire.received.filter(({ push }) => push?.pub).length
  await until(
    'all deliveries are counted',
    async () => (await value('parley_deliveries_total')) === delivered(),
  )
  expect(await value('parley_database_connections{state="idle"}')).toBeGreaterThan(0)
  expect(await value('parley_delivery_lag_seconds_sum')).toBeLessThan(1)
  await until(
    'the loop was watched',
    async () => (await value('parley_event_loop_delay_seconds_count'))! > 0,
  )
  expect(await value('parley_bus_up')).toBeUndefined()
  wire.socket.close()
  await until(
    'its end is counted',
    async () => (await value('parley_disconnects_total{code="client"}')) === 1,
  )
  const labels = [...(await scrape()).matchAll(/\{.*\}/g)].join('\n')
  expect(labels).toContain('route="/login"')
  expect(labels).not.toMatch(/john|secret|777|plain word|conversation:1/)

  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
  expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
  await app.stop()
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow()
})
