import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHmac } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'
import { signIn } from '../app.ts'
import { openWire } from '../wire.ts'

const program = fileURLToPath(new URL('../../bin/parley.js', import.meta.url))
const planted = {
  internal: 'planted-internal-token',
  hmac: 'planted-hmac-secret-of-32-characters',
  password: 'planted password',
  newPassword: 'planted new password',
  message: 'planted message',
  query: 'planted-query',
  method: 'planted.method',
  agent: 'planted-agent',
}

/** A server in a process of its own that logs everything it can. */
async function aTalkativeServer() {
  const directory = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
  const child = spawn(process.execPath, [program, 'serve'], {
    cwd: directory,
    env: {
      ...bareEnvironment(),
      PORT: '0',
      PARLEY_GATEWAY_PORT: 'off',
      LOG_LEVEL: 'trace',
      WS_INTERNAL_TOKEN: planted.internal,
      PARLEY_TOKEN_SECRET: planted.hmac,
    },
  })
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      const found = /Parley is at (\S+)/.exec(said)
      if (found) resolve(found[1]!)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })
  return {
    url,
    /** Ends it, and tells everything it said, and what its database's logs say. */
    async logs(): Promise<string> {
      child.kill('SIGTERM')
      await once(child, 'exit')
      const files = await readdir(directory, { recursive: true })
      const logs = files.filter((file) => /\.log$|(^|\/)log\//.test(file))
      const texts = await Promise.all(
        logs.map((file) => readFile(join(directory, file), 'utf8').catch(() => '')),
      )
      return [said, ...texts].join('\n')
    },
  }
}

function tokenFor(payload: object, secret = planted.hmac): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256' })}.${part(payload)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

test('no password, token, cookie or message is ever logged, at the most talkative level', async () => {
  const server = await aTalkativeServer()
  const { url } = server
  const gateway = `${url.replace('http', 'ws')}/connection/websocket?token=${planted.query}`
  const secrets = Object.values(planted)
  const json = { 'content-type': 'application/json' }

  // Signing in, rightly and wrongly.
  await expect(signIn(url, 'john', planted.password)).rejects.toThrow()
  const browser = await signIn(url, 'john')
  secrets.push(/parley_login=([^;]+)/.exec(browser.cookie)![1]!)
  secrets.push(browser.bearer)

  // Every kind of request, refused, failing and fine.
  await browser.fetch(`/api/conversations?after=${planted.query}`, {
    headers: { 'user-agent': planted.agent },
  })
  await browser.fetch(`/nothing/${planted.query}?x=${planted.query}`)
  await browser.call('POST', '/api/users/me/password', {
    currentPassword: planted.password,
    newPassword: planted.newPassword,
  })
  const draft = { content: planted.message, clientKey: crypto.randomUUID() }
  await browser.call('POST', '/api/conversations/1/messages', draft)
  await browser.fetch('/api/conversations/1/messages', {
    method: 'POST',
    headers: json,
    body: `{"content":"${planted.message}`,
  })
  for (const token of [planted.internal, `${planted.internal}x`]) {
    await fetch(`${url}/api/ws/messages`, {
      method: 'POST',
      headers: { ...json, 'x-internal-token': token },
      body: JSON.stringify({ conversation_id: 1, sender_id: 1, content: planted.message }),
    })
  }
  await fetch(`${url}/livez`, { headers: { 'x-request-id': planted.query } })
  await fetch(`${url}/readyz?x=${planted.query}`)
  await fetch(`${url}/api/users/me`, {
    headers: { cookie: `parley_login=${planted.query}`, authorization: `Bearer ${planted.query}` },
  })

  // Every kind of connection, and what breaks it.
  const good = tokenFor({ sub: '2' })
  const bad = tokenFor({ sub: '2' }, 'another secret')
  secrets.push(good, bad, good.split('.')[2]!, bad.split('.')[2]!)
  for (const token of [good, bad, browser.bearer, planted.query]) {
    const wire = await openWire(gateway)
    await wire.connect({ token })
  }
  const wire = await openWire(gateway, { headers: { cookie: browser.cookie } })
  await wire.connect()
  const change = { currentPassword: 'secret', newPassword: planted.newPassword }
  await wire.ask({ id: 2, rpc: { method: 'users.changePassword', data: change } })
  let id = 100
  const publish = { id: 1, message: planted.message, authToken: browser.bearer }
  await wire.ask({ id: 3, rpc: { method: 'thread:publish', data: publish } })
  for (const method of [planted.method, `thread:${planted.method}`]) {
    const data = { authToken: browser.bearer, text: planted.message }
    await wire.ask({ id: ++id, rpc: { method, data } })
  }
  wire.sendText(`{"id":4,"rpc":{"method":"${planted.query}","data":"${planted.message}`)
  await wire.end()
  await signIn(url, 'john', planted.newPassword)

  const logs = await server.logs()
  expect(logs).toContain('"method":"thread:publish"')
  expect(logs).toContain('"fan-out"')
  expect(logs).toContain('"status":302')
  expect(logs).toContain('/api/conversations/:conversationId/messages')
  for (const secret of secrets) expect(logs.includes(secret), `${secret} was logged`).toBe(false)
})
