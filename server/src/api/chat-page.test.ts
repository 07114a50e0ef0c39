import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aBrowser } from './testing/a-browser.ts'
import { anApi } from './testing/an-api.ts'

const bearerIn = (html: string) => /<meta name="x-bearer" content="([^"]+)">/.exec(html)?.[1]

describe('the chat page', () => {
  it.each(['/', '/c/7', '/mentions', '/saved'])(
    '%s sends strangers to the sign-in form',
    async (url) => {
      const { app } = await anApi()
      const answer = await aBrowser(app).get(url)
      expect([answer.statusCode, answer.headers.location]).toEqual([302, '/login'])
      expect(answer.setCookies).toEqual([])
    },
  )

  it.each(['x', 'A'.repeat(43), 'A'.repeat(5_000)])(
    'clears a cookie that is stale',
    async (token) => {
      const { app } = await anApi()
      const answer = await app.inject({ url: '/', cookies: { parley_login: token } })
      expect(answer.headers.location).toBe('/login')
      expect(answer.cookies).toMatchObject([{ name: 'parley_login', value: '' }])
    },
  )

  it('carries the same real-time token every time, which is no cookie', async () => {
    const { app, signIn } = await anApi({ config: { gatewayUrl: 'wss://gate.example/"<x>' } })
    const browser = aBrowser(app)
    await browser.signIn()
    const pages = [await browser.get('/'), await browser.get('/c/7')]
    const [first, second] = pages.map(({ body }) => bearerIn(body))
    expect(first).toBe(second)
    expect(await signIn.authenticateRealtime(first!)).toMatchObject({ user: { username: 'john' } })
    expect((await app.inject({ url: '/', cookies: { parley_login: first! } })).statusCode).toBe(302)
    expect(pages[0]!.body).toContain('<div id="app">')
    expect(pages[0]!.body).toContain('content="wss://gate.example/&quot;&lt;x&gt;"')
    expect(pages[0]!.body).toMatch(/<meta name="csrf-token" content="[\w-]{20,}">/)
    const { user } = (await signIn.authenticateRealtime(first!))!
    const escaped = JSON.stringify(user).replaceAll('"', '&quot;')
    expect(pages[0]!.body).toContain(`<meta name="parley-user" content="${escaped}">`)
    expect(pages[0]!.headers['cache-control']).toBe('private, no-store')
  })

  it("is the web build's page with the metas in its head", async () => {
    const webRoot = await mkdtemp(join(tmpdir(), 'parley-web-'))
    await writeFile(join(webRoot, 'index.html'), '<head><!--parley:head--></head><p>built')
    const browser = aBrowser((await anApi({ config: { webRoot } })).app)
    await browser.signIn()
    const { body } = await browser.get('/')
    expect(body).toMatch(/^<head><meta name="x-bearer"[^]+<\/head><p>built$/)
  })
})
