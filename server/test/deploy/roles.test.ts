import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startApp } from '../app.ts'
import { aToken, tokenSecret } from '../tokens.ts'
import { openWire } from '../wire.ts'

/** Asks for a WebSocket; what is answered instead of one. */
const upgrade = (url: string, path: string) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    }
    request(url + path, { headers, agent: false })
      .on('error', reject)
      .on('upgrade', (_answer, socket) => {
        socket.destroy()
        resolve({ status: 101, text: '' })
      })
      .on('response', (answer) => {
        let text = ''
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, text }))
      })
      .end()
  })

test('a process that is only a gateway talks over WebSockets and knows no other address', async () => {
  const app = await startApp({ only: 'gateway', tokenSecret })
  const wire = await openWire(app.gatewayUrl)
  const token = aToken({ sub: '1' })
  expect((await wire.connect({ token })).connect.data.user.username).toBe('john')
  const draft = { conversationId: 1, content: 'hi', clientKey: crypto.randomUUID() }
  const { rpc } = await wire.ask({ id: 2, rpc: { method: 'messages.send', data: draft } })
  expect(rpc.data.message.content).toBe('hi')
  for (const path of ['/', '/login', '/api/users/me', '/connection/websocket', '/assets/x.js'])
    expect((await fetch(app.url + path)).status, path).toBe(404)
  const post = { method: 'POST', headers: { 'x-internal-token': 'internal-secret' }, body: '{}' }
  expect((await fetch(`${app.url}/api/ws/messages`, post)).status).toBe(404)
  expect((await upgrade(app.url, '/elsewhere')).status).toBe(404)
})

test('a process that is only the API shows its pages and refuses WebSockets in words', async () => {
  const app = await startApp({ only: 'api' })
  expect((await fetch(`${app.url}/login`)).status).toBe(200)
  expect((await fetch(`${app.url}/api/users/me`)).status).toBe(401)
  const { status, text } = await upgrade(app.url, '/connection/websocket')
  expect(status).toBe(404)
  expect(text).toContain('This process serves no WebSockets')
})

test('by default a process is both', async () => {
  const app = await startApp()
  expect((await fetch(`${app.url}/login`)).status).toBe(200)
  expect((await upgrade(app.url, '/connection/websocket')).status).toBe(101)
})
