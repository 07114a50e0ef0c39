import { describe, expect, test } from 'vitest'
import { createPasswords } from '../../src/chat/passwords.ts'
import { accountsIn } from '../../src/database/accounts.ts'
import { signIn, startApp, until, type Browser, type TestApp } from '../app.ts'
import { openWire, type Wire } from '../wire.ts'

const invalidToken = { code: 3500, reason: 'invalid token' }

/** Every kind of connection that one signed-in browser can have. */
async function connectionsOf(app: TestApp, { cookie, bearer }: Browser): Promise<Wire[]> {
  const kinds: [headers: Record<string, string>, request: object][] = [
    [{ cookie }, {}],
    [{}, { token: bearer }],
    [{}, { data: { authToken: bearer } }],
  ]
  const wires: Wire[] = []
  for (const [headers, request] of kinds) {
    const wire = await openWire(app.gatewayUrl, { headers })
    expect((await wire.connect(request)).connect).toBeDefined()
    wires.push(wire)
  }
  return wires
}

async function isNobody(app: TestApp, { cookie, bearer, call }: Browser): Promise<void> {
  expect((await call('GET', '/api/users/me')).status).toBe(401)
  const page = await fetch(app.url, { redirect: 'manual', headers: { cookie } })
  expect(page.headers.get('location')).toBe('/login')
  for (const [headers, request] of [
    [{ cookie }, {}],
    [{}, { token: bearer }],
    [{}, { data: { authToken: bearer } }],
  ] as const) {
    const wire = await openWire(app.gatewayUrl, { headers })
    expect((await wire.connect(request)).error).toMatchObject({ code: 403 })
  }
}

async function signOut({ fetch, cookie }: Browser): Promise<void> {
  const page = await fetch('/')
  const csrf = /name="csrf-token" content="([^"]+)"/.exec(await page.text())![1]!
  const given = page.headers.getSetCookie().map((each) => each.split(';')[0])
  const login = /parley_login=[^;]+/.exec(cookie)![0]
  const answer = await fetch('/logout', {
    method: 'POST',
    headers: { cookie: [login, ...given].join('; '), 'x-csrf-token': csrf },
  })
  expect(answer.headers.get('location')).toBe('/login')
}

const password = { currentPassword: 'secret', newPassword: 'a longer secret' }

describe('a browser’s connections all end, and it is nobody from then on', () => {
  // The last three are what `parley user` does from a process of its own: the server is not told.
  test.each<[string, (app: TestApp, here: Browser, there: Browser) => Promise<unknown>]>([
    ['when it signs out', async (_app, here) => signOut(here)],
    [
      'when its login is ended from elsewhere',
      async (_app, _here, there) => {
        const { logins } = (await there.call('GET', '/api/logins')).body
        const other = logins.find(({ current }: { current: boolean }) => !current)
        expect((await there.call('DELETE', `/api/logins/${other.id}`)).status).toBe(200)
      },
    ],
    [
      'when all other logins are ended from elsewhere',
      async (_app, _here, there) =>
        expect((await there.call('DELETE', '/api/logins')).status).toBe(200),
    ],
    [
      'when the password is changed elsewhere',
      async (_app, _here, there) =>
        expect((await there.call('POST', '/api/users/me/password', password)).status).toBe(200),
    ],
    ['when the user is disabled', async ({ db }) => accountsIn(db.pool).disable('john')],
    [
      'when an administrator sets a password',
      async ({ db }) =>
        accountsIn(db.pool).setPassword('john', await createPasswords().hash('another secret')),
    ],
    [
      'when its row is gone from the database',
      async ({ db }) => {
        await db.pool.query({ text: 'delete from auth_tokens where user_id = 1 and id = 1' })
        await db.pool.query({ text: 'update users set rev = rev + 1 where id = 1' })
      },
    ],
  ])('%s', async (_when, end) => {
    const app = await startApp()
    const [here, there] = [await signIn(app.url, 'john'), await signIn(app.url, 'john')]
    const bill = await openWire(app.gatewayUrl, {
      headers: { cookie: (await signIn(app.url, 'bill')).cookie },
    })
    await bill.connect()
    const wires = await connectionsOf(app, here)
    await end(app, here, there)
    for (const wire of wires) expect(await wire.end()).toEqual(invalidToken)
    await isNobody(app, here)
    expect((await bill.ask({ id: 2, rpc: { method: 'users.me' } })).rpc.data.user.id).toBe(2)
  })
})

test.each([
  ['users.changePassword', password],
  ['logins.revokeOthers', {}],
])('who calls %s stays signed in, and connected', async (method, data) => {
  const app = await startApp()
  const browser = await signIn(app.url, 'john')
  const other = await signIn(app.url, 'john')
  const [wire] = await connectionsOf(app, browser)
  const [elsewhere] = await connectionsOf(app, other)
  await wire!.ask({ id: 2, rpc: { method, data } })
  expect(await elsewhere!.end()).toEqual(invalidToken)
  expect((await wire!.ask({ id: 3, rpc: { method: 'users.me' } })).rpc.data.user.id).toBe(1)
  expect((await browser.call('GET', '/api/users/me')).status).toBe(200)
})

test('somebody who is removed hears, reads and finds nothing more, on any subscription', async () => {
  const app = await startApp()
  const [john, bill] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  const { body } = await john.call('POST', '/api/conversations', {
    name: 'Plans',
    kind: 'private',
    userIds: [2],
  })
  const { id } = body.conversation
  const channel = `conversation:${id}`
  const [served, subscribed] = [
    await openWire(app.gatewayUrl, { headers: { cookie: bill.cookie } }),
    await openWire(app.gatewayUrl, { headers: { cookie: bill.cookie } }),
  ]
  await served.connect()
  await subscribed.connect()
  expect((await subscribed.ask({ id: 2, subscribe: { channel } })).error).toBeUndefined()
  expect((await john.call('DELETE', `/api/conversations/${id}/members/2`)).status).toBe(200)
  const draft = { content: 'without bill', clientKey: crypto.randomUUID() }
  await john.call('POST', `/api/conversations/${id}/messages`, draft)
  for (const wire of [served, subscribed]) {
    const hasEnded = () => wire.received.some(({ push }) => push?.unsubscribe)
    await until('the subscription has ended', hasEnded)
    for (const [index, command] of ['subscribe', 'history', 'presence'].entries()) {
      const reply = await wire.ask({ id: 10 + index, [command]: { channel } })
      expect(reply.error, command).toMatchObject({ code: 103 })
    }
    expect(JSON.stringify(wire.received)).not.toContain('without bill')
  }
  expect((await bill.call('GET', `/api/conversations/${id}/messages`)).status).toBe(404)
  expect((await bill.call('GET', `/api/conversations/${id}`)).status).toBe(404)
})
