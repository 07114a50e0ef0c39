import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aBrowser } from './testing/a-browser.ts'
import { anApi } from './testing/an-api.ts'

const alert = 'Invalid username or password!'

describe('the sign-in form', () => {
  it('has the fields that scripts of the tutorial fill in', async () => {
    const { app } = await anApi()
    const page = await aBrowser(app).get('/login')
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['cache-control']).toBe('private, no-store')
    expect(page.body).toMatch(/<input type="hidden" name="csrf-token" value="[^"]{20,}">/)
    for (const field of ['name="username"', 'name="password"', 'action="/login"']) {
      expect(page.body).toContain(field)
    }
    expect(page.body).not.toMatch(/role="alert"|secret|\{\{|<!--/)
  })

  it('tells the demo users only in a demo', async () => {
    const { app } = await anApi({ config: { demo: true } })
    expect((await aBrowser(app).get('/login')).body).toContain('secret')
  })

  it('comes from the web build where there is one', async () => {
    const webRoot = await mkdtemp(join(tmpdir(), 'parley-web-'))
    const { app } = await anApi({ config: { webRoot } })
    await writeFile(
      join(webRoot, 'sign-in.html'),
      '<b>{{csrf}}|{{username}}</b><!--demo-->x<!--/demo-->',
    )
    expect((await aBrowser(app).get('/login')).body).toMatch(/^<b>[\w-]{20,}\|<\/b>$/)
  })

  it('gives way to the chat for somebody signed in', async () => {
    const browser = aBrowser((await anApi()).app)
    await browser.signIn()
    const page = await browser.get('/login')
    expect([page.statusCode, page.headers.location]).toEqual([302, '/'])
  })
})

describe('signing in', () => {
  it('leads to the chat with a cookie that scripts cannot read', async () => {
    const browser = aBrowser((await anApi()).app)
    const answer = await browser.signIn()
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/'])
    const cookie = answer.setCookies.find(({ name }) => name === 'parley_login')
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 2_592_000 })
    expect(cookie).not.toHaveProperty('secure')
    expect((await browser.get('/')).statusCode).toBe(200)
  })

  it('uses a __Host- cookie where the public address is https', async () => {
    const { app } = await anApi({ config: { publicUrl: 'https://chat.example' } })
    const answer = await aBrowser(app, { origin: 'https://chat.example' }).signIn()
    const [login, ...others] = answer.setCookies.filter(({ name }) => name.endsWith('parley_login'))
    expect(login).toMatchObject({ name: '__Host-parley_login', secure: true, path: '/' })
    expect(login).not.toHaveProperty('domain')
    expect(others).toEqual([])
  })

  it('believes a forwarded https only from a trusted proxy', async () => {
    const forwarded = { 'x-forwarded-proto': 'https' }
    const untrusted = await aBrowser((await anApi()).app, forwarded).signIn()
    expect(untrusted.setCookies.map(({ name }) => name)).toContain('parley_login')
    const { app } = await anApi({ config: { trustedProxies: ['127.0.0.1'] } })
    const trusted = await aBrowser(app, { ...forwarded, 'x-forwarded-for': '192.0.2.1' }).signIn()
    expect(trusted.setCookies.map(({ name }) => name)).toContain('__Host-parley_login')
    expect(trusted.headers['strict-transport-security']).toBe('max-age=31536000')
  })

  it('again gives a new login and ends the old one', async () => {
    const { app, db } = await anApi()
    const browser = aBrowser(app)
    await browser.signIn()
    const page = await browser.get('/')
    const csrf = /name="csrf-token" content="([^"]+)"/.exec(page.body)![1]!
    const old = browser.jar.get('parley_login')!
    await browser.post('/login', {
      'csrf-token': csrf,
      username: 'john',
      password: 'correct horse',
    })
    expect(browser.jar.get('parley_login')).not.toBe(old)
    expect(await db.logins.list(1)).toHaveLength(1)
    const stale = await app.inject({ url: '/api/users/me', cookies: { parley_login: old } })
    expect(stale.statusCode).toBe(401)
  })

  it.each([
    ['a wrong password', { username: 'john', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'correct horse' }],
    ['empty fields', { username: '', password: '' }],
    ['missing fields', {}],
    ['markup for a name', { username: '<script>"\'{{csrf}}$&', password: '%00\0' }],
    ['a password of 60,000 characters', { username: 'john', password: 'x'.repeat(60_000) }],
  ])('with %s shows the same message exactly once', async (_, fields) => {
    const browser = aBrowser((await anApi()).app)
    const csrf = await browser.csrf()
    const answer = await browser.post('/login', { 'csrf-token': csrf, ...fields })
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/login'])
    const flash = answer.setCookies.find(({ name }) => name === 'parley_flash')
    expect(flash).toMatchObject({ value: 'badCredentials', httpOnly: true, maxAge: 60 })
    const page = await browser.get('/login')
    expect(page.body).toMatch(/role="alert"[^<]*>Invalid username or password!</)
    expect(page.body.split(alert)).toHaveLength(2)
    expect((await browser.get('/login')).body).not.toContain(alert)
    expect(browser.jar.has('parley_login')).toBe(false)
  })

  it('takes a field that is given twice for missing', async () => {
    const browser = aBrowser((await anApi()).app)
    const csrf = await browser.csrf()
    const form = `csrf-token=${csrf}&username=john&username=john&password=correct+horse`
    const answer = await browser.post('/login', form)
    expect(answer.headers.location).toBe('/login')
    expect(browser.jar.has('parley_login')).toBe(false)
  })

  it.each([
    ['without its token', undefined],
    ['with a wrong token', 'x'.repeat(40)],
    ['with an empty token', ''],
  ])('%s is refused, and the form offered again', async (_, token) => {
    const browser = aBrowser((await anApi()).app)
    await browser.csrf()
    const answer = await browser.post('/login', {
      ...(token !== undefined && { 'csrf-token': token }),
      username: 'jo<hn',
      password: 'correct horse',
    })
    expect(answer.statusCode).toBe(403)
    expect(answer.body).toContain('This form has expired')
    expect(answer.body).toContain('value="jo&lt;hn"')
    expect(browser.jar.has('parley_login')).toBe(false)
  })

  it('with the token of another browser is refused', async () => {
    const { app } = await anApi()
    const [one, other] = [aBrowser(app), aBrowser(app)]
    await one.csrf()
    const fields = { username: 'john', password: 'correct horse', 'csrf-token': await other.csrf() }
    expect((await one.post('/login', fields)).statusCode).toBe(403)
  })

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('is refused with %j', async (headers) => {
    const { app } = await anApi()
    const answer = await aBrowser(app, headers as Record<string, string>).signIn()
    expect(answer.statusCode).toBe(403)
    expect(answer.setCookies.map(({ name }) => name)).not.toContain('parley_login')
  })

  it('works from our own origin', async () => {
    const headers = { host: 'chat.local:8080', origin: 'http://chat.local:8080' }
    const answer = await aBrowser((await anApi()).app, headers).signIn()
    expect(answer.headers.location).toBe('/')
  })

  it('after ten failures has to wait, and says how long', async () => {
    const browser = aBrowser((await anApi()).app)
    for (let n = 0; n < 10; n++) await browser.signIn('john', `guess ${n}`)
    const answer = await browser.signIn()
    expect(answer.statusCode).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(800)
    expect(answer.body).toContain('Too many failed attempts. Please try again in 15 minutes.')
  })

  it.each([
    ['application/json', '{}', 415],
    ['application/x-www-form-urlencoded', `username=${'x'.repeat(70_000)}`, 413],
  ])('with a body of %s it cannot take stays a page', async (type, payload, status) => {
    const { app } = await anApi()
    const answer = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': type },
      payload,
    })
    expect(answer.statusCode).toBe(status)
    expect(answer.body).toContain('role="alert"')
  })
})

describe('signing out', () => {
  it('ends the login and leads to the form', async () => {
    const { app, db, ended } = await anApi()
    const browser = aBrowser(app)
    await browser.signIn()
    const token = browser.jar.get('parley_login')!
    const csrf = /name="csrf-token" content="([^"]+)"/.exec((await browser.get('/')).body)![1]!
    const answer = await browser.post('/logout', { 'csrf-token': csrf })
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/login'])
    expect(browser.jar.has('parley_login')).toBe(false)
    expect(await db.logins.list(1)).toEqual([])
    expect(ended).toEqual([1])
    const stale = await app.inject({ url: '/', cookies: { parley_login: token } })
    expect(stale.headers.location).toBe('/login')
  })

  it('needs the page that asks for it', async () => {
    const { app, db } = await anApi()
    const browser = aBrowser(app)
    await browser.signIn()
    expect((await browser.post('/logout')).statusCode).toBe(403)
    expect(await db.logins.list(1)).toHaveLength(1)
  })
})
