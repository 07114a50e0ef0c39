import { expect, test } from 'vitest'
import { aCluster, signIn, until } from '../app.ts'
import { aRedis } from '../redis.ts'
import { openWire } from '../wire.ts'

async function twoNodes() {
  const redis = await aRedis()
  const nodes = await aCluster({ redis: { url: redis.url, prefix: 'parley', keepHours: 1 } })
  for (const { url } of nodes)
    await until('Redis is there', async () => {
      const state: any = await (await fetch(`${url}/readyz`)).json()
      return state.bus === 'up'
    })
  return { redis, nodes }
}

test('what somebody did too often on one node and door, they did too often on all', async () => {
  const { nodes } = await twoNodes()
  const data = { currentPassword: 'wrong guess', newPassword: 'long enough' }
  const { cookie } = await signIn(nodes[0]!.url, 'john')
  const doors: (() => Promise<boolean>)[] = []
  for (const { url, gatewayUrl } of nodes) {
    const headers = { cookie, 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify(data) }
    doors.push(async () => (await fetch(`${url}/api/users/me/password`, request)).status === 403)
    const wire = await openWire(gatewayUrl, { headers: { cookie } })
    await wire.connect()
    let id = 2
    doors.push(async () => {
      const { error } = await wire.ask({ id: id++, rpc: { method: 'users.changePassword', data } })
      return error.code === 403
    })
  }
  let judged = 0
  for (let n = 0; n < 16; n++) if (await doors[n % 4]!()) judged++
  expect(judged).toBe(10)
})

test('a flood of messages over two nodes is refused as on one', async () => {
  const { nodes } = await twoNodes()
  const { cookie } = await signIn(nodes[0]!.url, 'john')
  const wires = await Promise.all(
    nodes.map((node) => openWire(node.gatewayUrl, { headers: { cookie } })),
  )
  for (const wire of wires) await wire.connect()
  const startMs = performance.now()
  const floods = wires.map(async (wire) => {
    let stored = 0
    for (let id = 2; id < 1_802; id += 20) {
      const asked = Array.from({ length: 20 }, (_, n) => {
        const message = { conversationId: 1, content: 'x', clientKey: crypto.randomUUID() }
        return wire.ask({ id: id + n, rpc: { method: 'messages.send', data: message } })
      })
      for (const { rpc } of await Promise.all(asked)) if (rpc) stored++
    }
    return stored
  })
  const stored = (await Promise.all(floods)).reduce((sum, each) => sum + each)
  const seconds = (performance.now() - startMs) / 1_000
  // A burst of 2,000 and 200 a second, and what a node has not told the other yet, on each.
  expect(stored).toBeLessThanOrEqual(2_000 + 200 * seconds + 2 * 200)
})

test('failed sign-ins are counted over all nodes, and by each node while Redis is gone', async () => {
  const { redis, nodes } = await twoNodes()
  const attempt = async (url: string): Promise<boolean> => {
    const form = await fetch(`${url}/login`)
    const csrf = /name="csrf-token"[^>]*value="([^"]*)"/.exec(await form.text())![1]!
    const cookie = form.headers.getSetCookie()[0]!.split(';')[0]!
    const body = new URLSearchParams({ 'csrf-token': csrf, username: 'bill', password: 'wrong' })
    const answer = await fetch(`${url}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body,
    })
    return /badCredentials/.test(answer.headers.getSetCookie().join())
  }
  let judged = 0
  for (let n = 0; n < 14; n++) if (await attempt(nodes[n % 2]!.url)) judged++
  expect(judged).toBe(10)
  await redis.kill()
  for (const { url } of nodes) expect(await attempt(url)).toBe(true)
})
