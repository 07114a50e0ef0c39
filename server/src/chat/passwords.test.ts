import * as argon2 from '@node-rs/argon2'
import * as bcrypt from '@node-rs/bcrypt'
import { Refusal } from '@parley/protocol/refusal'
import { describe, expect, it } from 'vitest'
import { createPasswords } from './passwords.ts'

const passwords = createPasswords()
/** PHP's `password_hash` writes the same hash with `$2y$` in front. */
const fromPhp = async (password: string) =>
  (await bcrypt.hash(password, 10)).replace('$2b$', '$2y$')

describe('hashes made here', () => {
  it('are argon2id at 19 MiB, two passes, one lane', async () => {
    expect(await passwords.hash('a long secret')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('verify the password they were made of and no other', async () => {
    const hash = await passwords.hash('påsswörd 🔑')
    expect(await passwords.verify(hash, 'påsswörd 🔑')).toBe('right')
    expect(await passwords.verify(hash, 'påsswörd 🔒')).toBe('wrong')
    expect(await passwords.verify(hash, '')).toBe('wrong')
  })

  it('are never made of more than 1,000 characters', async () => {
    await expect(passwords.hash('x'.repeat(1_001))).rejects.toThrow(Refusal)
    const hash = await passwords.hash('x'.repeat(1_000))
    expect(await passwords.verify(hash, 'x'.repeat(1_000))).toBe('right')
    expect(await passwords.verify(hash, 'x'.repeat(1_001))).toBe('wrong')
  })
})

describe('hashes brought along', () => {
  it.each(['$2y$', '$2b$', '$2a$'])('%s verifies and asks for a new hash', async (prefix) => {
    const hash = (await bcrypt.hash('secret', 10)).replace('$2b$', prefix)
    expect(await passwords.verify(hash, 'secret')).toBe('outdated')
    expect(await passwords.verify(hash, 'Secret')).toBe('wrong')
  })

  it('bcrypt looks at 72 bytes and no further, as PHP does', async () => {
    const [at71, at72, at73] = [71, 72, 73].map((length) => 'x'.repeat(length)) as [
      string,
      string,
      string,
    ]
    const hash = await fromPhp(at73)
    expect(await passwords.verify(hash, at71)).toBe('wrong')
    expect(await passwords.verify(hash, at72)).toBe('outdated')
    expect(await passwords.verify(hash, at73)).toBe('outdated')
    expect(await passwords.verify(hash, `${at72}y`)).toBe('outdated')
    expect(await passwords.verify(await fromPhp(at71), at72)).toBe('wrong')
  })

  it('once hashed anew every byte of a long password counts', async () => {
    const hash = await passwords.hash('x'.repeat(73))
    expect(await passwords.verify(hash, 'x'.repeat(73))).toBe('right')
    expect(await passwords.verify(hash, 'x'.repeat(72))).toBe('wrong')
    expect(await passwords.verify(hash, `${'x'.repeat(72)}y`)).toBe('wrong')
  })

  it('a weaker argon2 asks for a new hash, a stronger one does not', async () => {
    const weak = await argon2.hash('secret', { memoryCost: 4_096, timeCost: 3 })
    const strong = await argon2.hash('secret', { memoryCost: 65_536, timeCost: 4 })
    expect(await passwords.verify(weak, 'secret')).toBe('outdated')
    expect(await passwords.verify(strong, 'secret')).toBe('right')
  })

  it.each(['', '!', 'secret', '$2y$10$short', '$argon2id$garbage', '$1$md5$crypt'])(
    '%j matches nothing',
    async (hash) => {
      expect(await passwords.verify(hash, 'secret')).toBe('wrong')
      expect(await passwords.verify(hash, hash)).toBe('wrong')
    },
  )
})

describe('many sign-ins at once', () => {
  it('wait for each other, and beyond the queue are told to come back', async () => {
    const few = createPasswords({ inFlightMax: 2, waitingMax: 3 })
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => few.hash('secret')))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(3)
    for (const { reason } of refused) expect(reason).toMatchObject({ reason: 'unavailable' })
    expect(await few.hash('secret')).toMatch(/^\$argon2id/)
  })

  it('go on after a hash that failed', async () => {
    const one = createPasswords({ inFlightMax: 1, waitingMax: 1 })
    await expect(one.hash(undefined as never)).rejects.toThrow()
    expect(await one.hash('secret')).toMatch(/^\$argon2id/)
  })
})
