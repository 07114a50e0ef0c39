import { describe, expect, it } from 'vitest'
import { addressKey, isLoopback } from './addresses.ts'
import { createSignInLimits, type SignInLimits } from './sign-in-limits.ts'

async function failures(limits: SignInLimits, tries: number, account: string, address: string) {
  const attempts = Array.from({ length: tries }, () => limits.reserve(account, address))
  const outcomes = await Promise.allSettled(attempts)
  return outcomes.filter((outcome) => outcome.status === 'fulfilled').length
}

describe('failed sign-ins', () => {
  it('are limited to ten per account and address, made at once or one by one', async () => {
    const limits = createSignInLimits()
    expect(await failures(limits, 50, 'john', '192.0.2.1')).toBe(10)
    expect(await failures(limits, 1, 'john', '192.0.2.1')).toBe(0)
  })

  it('do not lock the owner out who comes from elsewhere', async () => {
    const limits = createSignInLimits()
    await failures(limits, 50, 'john', '192.0.2.1')
    expect(await failures(limits, 1, 'john', '192.0.2.2')).toBe(1)
    expect(await failures(limits, 1, 'bill', '192.0.2.1')).toBe(1)
  })

  it('are limited to a hundred per address over all accounts', async () => {
    const limits = createSignInLimits()
    let allowed = 0
    for (let n = 0; n < 150; n++) allowed += await failures(limits, 1, `user${n}`, '192.0.2.1')
    expect(allowed).toBe(100)
  })

  it('of one IPv6 network count together', async () => {
    const limits = createSignInLimits()
    let allowed = 0
    for (let n = 0; n < 20; n++) allowed += await failures(limits, 1, 'john', `2001:db8::${n}`)
    expect(allowed).toBe(10)
    expect(await failures(limits, 1, 'john', '2001:db8:0:1::1')).toBe(1)
  })

  it('say how long to wait', async () => {
    const limits = createSignInLimits()
    await failures(limits, 10, 'john', '192.0.2.1')
    const refusal = await limits.reserve('john', '192.0.2.1').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ reason: 'tooManyRequests' })
    const { retryAfterSeconds } = refusal as { retryAfterSeconds: number }
    expect(retryAfterSeconds).toBeGreaterThan(890)
    expect(retryAfterSeconds).toBeLessThanOrEqual(900)
  })

  it('leave room for any number of successful ones', async () => {
    const limits = createSignInLimits()
    for (let n = 0; n < 200; n++) await (await limits.reserve('john', '192.0.2.1'))()
    expect(await failures(limits, 20, 'john', '192.0.2.1')).toBe(10)
  })
})

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8:a:b:c::', '2001:db8:a:b::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%j counts as %j', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    '%s is this machine',
    (address) => {
      expect(isLoopback(address)).toBe(true)
    },
  )

  it.each(['', '192.0.2.1', '::ffff:192.0.2.1', '127.evil', '2001:db8::1', 'localhost'])(
    '%j is not this machine',
    (address) => {
      expect(isLoopback(address)).toBe(false)
    },
  )
})
