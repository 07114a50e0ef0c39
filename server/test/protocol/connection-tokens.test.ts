import { describe, expect, test } from 'vitest'
import { clientFor, signIn, startApp, until, type TestApp } from '../app.ts'
import { aToken, base64url, tokenSecret } from '../tokens.ts'
import { forms, openWire } from '../wire.ts'

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

const timers = { expiredGraceMs: 0 }
const start = () => startApp({ tokenSecret, timers })

describe.each(forms)('in the %s form', (form) => {
  async function connectedWith(app: TestApp, token: string) {
    const wire = await openWire(app.gatewayUrl, { form })
    const reply = await wire.connect({ token })
    return { wire, reply }
  }

  describe('a connection token', () => {
    test('of a product lets its user in, with all their channels', async () => {
      const app = await start()
      const { reply } = await connectedWith(app, aToken({ sub: '2' }))
      expect(reply.connect).toMatchObject({ data: { user: { id: 2, username: 'bill' } } })
      expect(Object.keys(reply.connect.subs)).toEqual(['user:2', 'conversation:1'])
      expect(reply.connect).not.toHaveProperty('expires')
      expect(reply.connect).not.toHaveProperty('ttl')
    })

    test('tells the client when it ends', async () => {
      const app = await start()
      const { reply } = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(100) }))
      expect(reply.connect.expires).toBe(true)
      expect(reply.connect.ttl).toBeGreaterThan(95)
      expect(reply.connect.ttl).toBeLessThanOrEqual(100)
    })

    test('that has expired is answered with 109, so that SDKs fetch another', async () => {
      const app = await start()
      const { reply } = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(-1) }))
      expect(reply).toEqual({ id: 1, error: { code: 109, message: 'token expired' } })
    })

    test.each([
      ['signed by somebody else', aToken({ sub: '2' }, { secret: 'another' })],
      ['signed by nobody', aToken({ sub: '2' }, { alg: 'none' })],
      ['signed in another way', aToken({ sub: '2' }, { alg: 'HS512' })],
      ['for a channel', aToken({ sub: '2', channel: 'conversation:1' })],
      ['for a user there is not', aToken({ sub: '999' })],
      ['for nobody', aToken({})],
      ['for a list', aToken({ sub: ['2'] })],
      ['for a truth', aToken({ sub: true })],
      ['for an SQL', aToken({ sub: '2; drop table users' })],
      ['that is not yet good', aToken({ sub: '2', nbf: inSeconds(60) })],
      ['whose end is no number', aToken({ sub: '2', exp: '9999999999' })],
      ['whose start is no number', aToken({ sub: '2', nbf: '1' })],
      ['expired and signed by somebody else', aToken({ sub: '2', exp: 1 }, { secret: 'another' })],
      [
        'with its claims exchanged',
        aToken({ sub: '2' }).replace(/\.[^.]+\./, `.${base64url({ sub: '1' })}.`),
      ],
      ['that is no JSON', 'a.b.c'],
    ])('%s is refused', async (_what, token) => {
      const app = await start()
      const { reply } = await connectedWith(app, token)
      expect(reply).toEqual({ id: 1, error: { code: 403, message: 'Unauthorized' } })
    })

    test('is refused where the server has no secret, however it is signed', async () => {
      const app = await startApp()
      for (const secret of ['', 'undefined', tokenSecret].filter(Boolean)) {
        const { reply } = await connectedWith(app, aToken({ sub: '2' }, { secret }))
        expect(reply.error.code).toBe(403)
      }
    })

    test('of a disabled user is refused, and their sockets end', async () => {
      const app = await startApp({ tokenSecret, timers: { recheckIntervalMs: 50 } })
      const { wire } = await connectedWith(app, aToken({ sub: '2' }))
      await app.db.pool.query({
        text: 'update users set disabled_at = now(), rev = rev + 1 where id = 2',
      })
      expect(await wire.end()).toEqual({ code: 3500, reason: 'invalid token' })
      const { reply } = await connectedWith(app, aToken({ sub: '2' }))
      expect(reply.error.code).toBe(403)
    })
  })

  describe('a session whose token runs out', () => {
    test('ends with 3005 unless it is refreshed', async () => {
      const app = await start()
      const { wire } = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(2) }))
      const other = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(2) }))
      const reply = await other.wire.ask({
        id: 2,
        refresh: { token: aToken({ sub: '2', exp: inSeconds(100) }) },
      })
      expect(reply).toEqual({
        id: 2,
        refresh: {
          client: other.reply.connect.client,
          version: other.reply.connect.version,
          expires: true,
          ttl: expect.any(Number),
        },
      })
      expect(reply.refresh.ttl).toBeGreaterThan(95)
      expect(await wire.end()).toEqual({ code: 3005, reason: 'connection expired' })
      expect((await other.wire.ask({ id: 3, rpc: { method: 'users.me' } })).rpc.data).toBeDefined()
    })

    test('goes on for good after a refresh with a token that does not expire', async () => {
      const app = await start()
      const token = aToken({ sub: '2', exp: inSeconds(2) })
      const [still, ends] = [await connectedWith(app, token), await connectedWith(app, token)]
      const { refresh } = await still.wire.ask({ id: 2, refresh: { token: aToken({ sub: '2' }) } })
      expect(refresh).not.toHaveProperty('expires')
      await ends.wire.end()
      expect((await still.wire.ask({ id: 3, rpc: { method: 'users.me' } })).rpc.data).toBeDefined()
    })

    test.each([
      ['an expired token', aToken({ sub: '2', exp: 1 }), 3005],
      ['another person’s token', aToken({ sub: '1', exp: inSeconds(100) }), 3500],
      ['a bad token', 'bad', 3500],
      ['no token', '', 3501],
    ])('ends at once when it is refreshed with %s', async (_what, token, code) => {
      const app = await start()
      const { wire } = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(50) }))
      wire.send({ id: 2, refresh: { token } })
      expect((await wire.end()).code).toBe(code)
    })

    test('ends at once when it is refreshed with a login’s token, which has no end to tell', async () => {
      const app = await start()
      const { bearer } = await signIn(app.url, 'bill')
      const { wire } = await connectedWith(app, aToken({ sub: '2', exp: inSeconds(50) }))
      wire.send({ id: 2, refresh: { token: bearer } })
      expect((await wire.end()).code).toBe(3500)
    })

    test('is kept alive by the official client, unnoticed', async () => {
      const app = await startApp({ tokenSecret, timers: { expiredGraceMs: 5_000 } })
      let asked = 0
      const getToken = async () => aToken({ sub: '2', exp: inSeconds(++asked === 1 ? 1 : 100) })
      const client = clientFor(app.gatewayUrl, { form, getToken })
      const states: string[] = []
      client.on('state', ({ newState }) => states.push(newState))
      client.connect()
      await until('it has refreshed', () => asked === 2)
      await client.rpc('users.me', form === 'json' ? {} : Buffer.from('{}'))
      expect(states).toEqual(['connecting', 'connected'])
    })
  })

  test('the page’s token as `token` stands for the person with all their channels', async () => {
    const app = await start()
    const { bearer } = await signIn(app.url, 'john')
    const { reply } = await connectedWith(app, bearer)
    expect(Object.keys(reply.connect.subs)).toEqual(['user:1', 'conversation:1'])
  })
})
