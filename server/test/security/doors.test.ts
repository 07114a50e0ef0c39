import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { operationNames, operations } from '@parley/protocol/operations'
import { expect, test } from 'vitest'
import { createPasswords } from '../../src/chat/passwords.ts'
import { signIn, startApp, type TestApp } from '../app.ts'
import { aConversation, aUser } from '../database.ts'
import { openWire } from '../wire.ts'

const source = new URL('../../src/', import.meta.url).pathname

/** Files of the server that contain this, and how often. */
function uses(what: RegExp): Record<string, number> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\//.test(file))
    .map((file): [string, number] => [
      file,
      [...readFileSync(join(source, file), 'utf8').matchAll(new RegExp(what, 'g'))].length,
    ])
  return Object.fromEntries(files.filter(([, count]) => count > 0))
}

test('who somebody is, is found out in one place, and asked for in two', () => {
  // HTTP asks once, for every route; the gateway once for each kind of credential.
  expect(uses(/\.authenticate\(/)).toEqual({ 'api/login.ts': 1, 'chat/realtime-identity.ts': 1 })
  expect(uses(/\.authenticateRealtime\(/)).toEqual({ 'chat/realtime-identity.ts': 3 })
  expect(uses(/\.findBy(Realtime)?Token\(/)).toEqual({
    'chat/authenticate.ts': 2,
    'chat/own-logins.ts': 1,
  })
  // A password is compared where people sign in, and where they change it.
  expect(uses(/passwords\.verify\(/)).toEqual({ 'chat/sign-in.ts': 1, 'chat/own-logins.ts': 1 })
  expect(uses(/\bargon2\.verify\(|bcrypt\.verify\(/)).toEqual({ 'chat/passwords.ts': 3 })
})

test('an operation is performed in one place, and asked for by HTTP once and by the gateway once', () => {
  expect(uses(/door\.perform\(/)).toEqual({ 'api/operations.ts': 1, 'chat/realtime.ts': 1 })
})

test('what somebody may do too often on one door, they have done too often on the other', async () => {
  const app = await startApp()
  const { cookie, call } = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
  await wire.connect()
  const data = { currentPassword: 'wrong guess', newPassword: 'long enough' }
  const statuses: number[] = []
  const codes: number[] = []
  for (let n = 0; n < 6; n++) {
    statuses.push((await call('POST', '/api/users/me/password', data)).status)
    const { error } = await wire.ask({ id: n + 2, rpc: { method: 'users.changePassword', data } })
    codes.push(error.code)
  }
  expect(statuses).toEqual([403, 403, 403, 403, 403, 429])
  expect(codes).toEqual([403, 403, 403, 403, 403, 111])
})

/** Carol, who is in nothing that john and bill are in. */
async function aStranger(app: TestApp) {
  const { id } = await aUser(app.db, 'carol')
  await app.db.logins.rehash(id, '!', await createPasswords().hash('secret'))
  const browser = await signIn(app.url, 'carol')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie: browser.cookie } })
  await wire.connect()
  return { browser, wire }
}

test('nothing of what happens in a private conversation travels to anybody else', async () => {
  const app = await startApp()
  const [john, carol] = [await signIn(app.url, 'john'), await aStranger(app)]
  const id = await aConversation(app.db, [1, 2], 'private')
  for (const channel of [`conversation:${id}`, 'user:1', 'user:2', 'chat'])
    carol.wire.send({ id: 2, subscribe: { channel } })
  const key = () => ({ clientKey: crypto.randomUUID() })
  const room = `/api/conversations/${id}`
  const sent = await john.call('POST', `${room}/messages`, { content: 'a secret plan', ...key() })
  const message = `/api/messages/${sent.body.message.id}`
  await john.call('PATCH', message, { content: 'a better secret plan', ...key() })
  await john.call('DELETE', message)
  await john.call('POST', `${room}/read`, { seq: 3 })
  await john.call('DELETE', `${room}/members/2`)
  await john.call('POST', `${room}/members`, { username: 'bill' })
  const { changes } = (await john.call('GET', `${room}/changes?after=2`)).body
  expect(changes.map(({ type }: { type: string }) => type)).toEqual([
    'message.created',
    'message.edited',
    'message.deleted',
    'member.left',
    'member.joined',
  ])
  // What everybody hears comes last, and shows that the rest would have come.
  await john.call('POST', '/api/conversations/1/messages', { content: 'good morning', ...key() })
  await expect.poll(() => JSON.stringify(carol.wire.publications('chat'))).toContain('good morning')
  const text = JSON.stringify(carol.wire.received)
  expect(text).not.toMatch(/secret plan|"seq":|member\.|conversation\.read/)
  expect(carol.wire.publications('chat')).toHaveLength(1)
})

test('nobody can make an account: neither an operation nor a page does it', async () => {
  expect(operationNames.filter((name) => /^(users|accounts)\./.test(name))).toEqual([
    'users.me',
    'users.changePassword',
    'users.settings',
    'users.changeSettings',
    'users.changeProfile',
    'users.list',
    'users.get',
  ])
  const app = await startApp()
  const paths = ['/register', '/signup', '/sign-up', '/join', '/api/register', '/api/setup']
  const form = new URLSearchParams({ username: 'mallory', password: 'long enough' })
  for (const path of paths) {
    expect((await fetch(app.url + path)).status, path).toBe(404)
    expect((await fetch(app.url + path, { method: 'POST', body: form })).status, path).toBe(404)
  }
  const post = await fetch(`${app.url}/api/users`, { method: 'POST', body: form })
  expect([401, 404, 405]).toContain(post.status)
  const users = await app.db.pool.query<{ count: number }>({ text: 'select count(*) from users' })
  expect(users[0]!.count).toBe(2)
})

test('every authenticated answer says that nobody may keep it, and nobody else’s cache does', async () => {
  const app = await startApp()
  const { fetch: ask } = await signIn(app.url, 'john')
  const addresses = operationNames.map((name) => operations[name])
  for (const { method, path } of addresses) {
    const body = method === 'POST' || method === 'PATCH' ? { body: '{}' } : {}
    const headers = { 'content-type': 'application/json' }
    // Some of these succeed and some do not: it is the same for all.
    const answer = await ask(path.replaceAll(/:\w+/g, '1'), {
      method,
      ...body,
      ...(body.body && { headers }),
    })
    expect(answer.headers.get('cache-control'), `${method} ${path}`).toBe('private, no-store')
  }
  for (const path of ['/', '/c/1', '/login', '/nothing'])
    expect((await ask(path)).headers.get('cache-control'), path).toBe('private, no-store')
})

test('every page, errors too, forbids scripts and styles that are not ours', async () => {
  const app = await startApp()
  const { fetch: ask } = await signIn(app.url, 'john')
  const form = 'application/x-www-form-urlencoded'
  const post = (body: string, type = form): RequestInit => ({
    method: 'POST',
    body,
    headers: { 'content-type': type },
  })
  const answers: [what: string, answer: Response, status: number][] = [
    ['the sign-in form', await fetch(`${app.url}/login`), 200],
    ['the chat', await ask('/'), 200],
    ['a conversation', await ask('/c/1'), 200],
    ['nothing', await ask('/nothing'), 404],
    ['a form without its token', await fetch(`${app.url}/login`, post('username=john')), 403],
    ['a form of another kind', await fetch(`${app.url}/login`, post('{}', 'text/plain')), 415],
    ['a form that is too large', await fetch(`${app.url}/login`, post('x'.repeat(100_000))), 413],
    ['signing out without a token', await ask('/logout', post('')), 403],
  ]
  for (const [what, { headers, status }, expected] of answers) {
    expect(status, what).toBe(expected)
    expect(headers.get('content-type'), what).toContain('text/html')
    const policy = headers.get('content-security-policy')
    expect(policy, what).toContain("default-src 'self'; script-src 'self'; style-src 'self';")
    expect(policy, what).not.toMatch(/unsafe-(inline|eval|hashes)|\*|data:.*script/)
  }
})

test('a wrong name and a wrong password are told apart by nothing, and not by time either', async () => {
  const app = await startApp()
  await aUser(app.db, 'nobodyslogin')
  await aUser(app.db, 'disabled')
  await app.db.pool.query({
    text: `update users set disabled_at = now() where username = 'disabled'`,
  })
  const everOther = new Set(['date', 'x-request-id'])
  const seen = new Set<string>()
  for (const username of ['john', 'unknown', 'disabled', 'nobodyslogin', '']) {
    const form = await fetch(`${app.url}/login`)
    const csrf = /name="csrf-token"[^>]*value="([^"]*)"/.exec(await form.text())![1]!
    const cookie = form.headers.getSetCookie()[0]!.split(';')[0]!
    const startMs = performance.now()
    const answer = await fetch(`${app.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ 'csrf-token': csrf, username, password: 'wrong' }),
    })
    // Whatever was compared has taken less; sign-in.test.ts compares the work itself.
    expect(performance.now() - startMs, username).toBeGreaterThan(290)
    const { status, headers } = answer
    const told = [...headers].filter(([name]) => !everOther.has(name)).sort()
    seen.add(JSON.stringify([status, told, await answer.text()]))
  }
  expect([...seen]).toHaveLength(1)
})
