import { describe, expect, it } from 'vitest'
import fastify from 'fastify'
import { clientAddress } from './client-address.ts'

async function addressOf(
  headers: Record<string, string>,
  trustProxy: string[] | false = false,
  remoteAddress = '127.0.0.1',
) {
  const app = fastify({ trustProxy })
  app.route({ method: 'GET', url: '/', handler: async (request) => clientAddress(request) })
  return (await app.inject({ url: '/', headers, remoteAddress })).body
}

describe('the address of a request', () => {
  it('is the one it came from', async () => {
    expect(await addressOf({})).toBe('127.0.0.1')
    expect(await addressOf({}, false, '192.0.2.1')).toBe('192.0.2.1')
  })

  it('is what a trusted proxy says, and nobody else', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect(await addressOf(headers, ['127.0.0.1'])).toBe('203.0.113.9')
    expect(await addressOf({ 'x-forwarded-for': '127.0.0.1' }, ['127.0.0.1'])).toBe('127.0.0.1')
    expect(await addressOf(headers, ['10.0.0.0/8'], '192.0.2.1')).toBe('192.0.2.1')
  })

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])(
    'is not this machine when a proxy on it that is not trusted sends %s',
    async (name) => {
      expect(await addressOf({ [name]: '127.0.0.1' })).toBe('unknown')
    },
  )
})
