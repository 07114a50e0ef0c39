import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anApiAlone } from './testing/an-api.ts'

const everywhere = [
  '/login',
  '/',
  '/nothing',
  '/api/users/me',
  '/api/nothing',
  '/assets/nothing.js',
]

describe('every answer', () => {
  it.each(everywhere)('%s tells browsers to be careful', async (url) => {
    const { headers } = await anApiAlone().app.inject({ url })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cache-control': 'private, no-store',
    })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers).not.toHaveProperty('strict-transport-security')
  })

  it("names the gateways in connect-src, where Tutorial A's client looks too", async () => {
    const config = {
      gatewayUrl: 'wss://gate.example/connection/websocket',
      extraConnectSources: ['ws://127.0.0.1:8081'],
    }
    const { headers } = await anApiAlone({ config }).app.inject({ url: '/login' })
    expect(headers['content-security-policy']).toContain(
      "connect-src 'self' wss://gate.example ws://127.0.0.1:8081;",
    )
  })

  it('insists on TLS where the public address is https', async () => {
    const config = { publicUrl: 'https://chat.example' }
    const { headers } = await anApiAlone({ config }).app.inject({ url: '/login' })
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
  })
})

describe('the name of a request', () => {
  const nameOf = async (given: Record<string, string>) => {
    const { app } = anApiAlone({ config: { trustedProxies: ['127.0.0.1'] } })
    const { headers } = await app.inject({ url: '/login', headers: given })
    return headers['x-request-id']
  }

  it("is ours, or a trusted proxy's", async () => {
    const proxied = { 'x-forwarded-for': '192.0.2.1', 'x-request-id': 'given-by-proxy.1' }
    expect(await nameOf(proxied)).toBe('given-by-proxy.1')
    expect(await nameOf({ 'x-request-id': 'given-by-anybody' })).toMatch(/^[0-9a-f]{16}$/)
    const broken = { ...proxied, 'x-request-id': 'a name\twith more' }
    expect(await nameOf(broken)).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('files of the web build', () => {
  async function aWebRoot() {
    const root = await mkdtemp(join(tmpdir(), 'parley-web-'))
    const webRoot = join(root, 'dist')
    await mkdir(join(webRoot, 'assets'), { recursive: true })
    await writeFile(join(root, 'outside.js'), 'outside')
    await writeFile(join(webRoot, 'index.html'), 'raw page')
    await writeFile(join(webRoot, 'assets', 'main-1a2b.js'), 'let a')
    await writeFile(join(webRoot, 'assets', 'page.html'), 'raw page')
    await writeFile(join(webRoot, 'assets', '.env'), 'outside')
    return anApiAlone({ config: { webRoot } }).app
  }

  it('may be kept for good, because their names change with them', async () => {
    const answer = await (await aWebRoot()).inject({ url: '/assets/main-1a2b.js' })
    expect([answer.statusCode, answer.body]).toEqual([200, 'let a'])
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers['content-type']).toContain('application/javascript')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it.each([
    '/index.html',
    '/sign-in.html',
    '/assets/',
    '/assets',
    '/assets/page.html',
    '/assets/.env',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/outside.js',
    '/assets/..%2f..%2foutside.js',
    '/assets/..%5c..%5coutside.js',
    '/assets/%00',
    '//assets/../../outside.js',
  ])('%s is none of them', async (url) => {
    const answer = await (await aWebRoot()).inject({ url })
    expect([400, 403, 404]).toContain(answer.statusCode)
    expect(answer.body).not.toMatch(/raw page|outside/)
  })
})
