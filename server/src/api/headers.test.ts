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
    expect(policy).toContain("worker-src 'self'")
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
  it('the service worker and the page it keeps are asked for anew, and name nobody', async () => {
    const app = await aWebRoot()
    const worker = await app.inject({ url: '/sw.js' })
    expect([worker.statusCode, worker.body]).toEqual([200, 'the worker'])
    expect(worker.headers).toMatchObject({
      'cache-control': 'no-cache',
      'content-type': 'text/javascript; charset=utf-8',
      'service-worker-allowed': '/',
    })
    expect(String(worker.headers['content-security-policy'])).toContain("script-src 'self'")
    const page = await app.inject({ url: '/offline', cookies: { parley_login: 'x' } })
    expect([page.statusCode, page.body]).toEqual([200, 'raw page'])
    expect(page.headers).toMatchObject({ 'cache-control': 'no-cache' })
    expect(page.cookies).toEqual([])
    expect((await anApiAlone().app.inject({ url: '/sw.js' })).statusCode).toBe(404)
  })

  it.each([
    ['br, gzip', 'br', 'brotli'],
    ['gzip', 'gzip', 'gzipped'],
    ['identity', undefined, 'let a'],
  ])('asked for with %s they come as the build compressed them', async (accept, as, body) => {
    const headers = { 'accept-encoding': accept }
    const answer = await (await aWebRoot()).inject({ url: '/assets/main-1a2b.js', headers })
    expect([answer.headers['content-encoding'], answer.body]).toEqual([as, body])
    expect(answer.headers['vary']).toMatch(/accept-encoding/i)
    expect(answer.headers['content-type']).toContain('application/javascript')
  })

  async function aWebRoot() {
    const root = await mkdtemp(join(tmpdir(), 'parley-web-'))
    const webRoot = join(root, 'dist')
    await mkdir(join(webRoot, 'assets'), { recursive: true })
    await writeFile(join(root, 'outside.js'), 'outside')
    await writeFile(join(webRoot, 'index.html'), 'raw <!--parley:head-->page')
    await writeFile(join(webRoot, 'sw.js'), 'the worker')
    await writeFile(join(webRoot, 'assets', 'main-1a2b.js'), 'let a')
    await writeFile(join(webRoot, 'assets', 'main-1a2b.js.br'), 'brotli')
    await writeFile(join(webRoot, 'assets', 'main-1a2b.js.gz'), 'gzipped')
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
    ['range', 'bytes=5-', 416],
    ['range', 'bytes=4-', 206],
    ['if-match', '"another"', 412],
    ['if-match', '*', 200],
    ['if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT', 412],
  ])('asked for with %s: %s they answer with %i', async (name, value, status) => {
    const url = '/assets/main-1a2b.js'
    const answer = await (await aWebRoot()).inject({ url, headers: { [name]: value } })
    expect(answer.statusCode).toBe(status)
    const range = { 206: 'bytes 4-4/5', 416: 'bytes */5' }[status]
    expect(answer.headers['content-range']).toBe(range)
    const kept = status < 300 ? 'public, max-age=31536000, immutable' : 'private, no-store'
    expect(answer.headers['cache-control']).toBe(kept)
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
