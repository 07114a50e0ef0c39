import * as bcrypt from '@node-rs/bcrypt'
import { describe, expect, it, vi } from 'vitest'
import { aUser, testDatabase } from '../../test/database.ts'
import { silentLog } from '../../test/silent-log.ts'
import { createPasswords } from './passwords.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import { createSignIn } from './sign-in.ts'
import { realtimeTokenOf } from './tokens.ts'

const passwords = createPasswords()
const correct = 'correct horse'
const from = (username: string, password: string, address = '192.0.2.1') => ({
  username,
  password,
  address,
  userAgent: 'Firefox',
})

/** John, whose password is `correct horse`, and what he can sign in with. */
async function aDoorman(options: { demoFromAnywhere?: boolean; hash?: string } = {}) {
  const db = await testDatabase()
  const john = await aUser(db, 'john')
  await db.logins.rehash(john.id, '!', options.hash ?? (await passwords.hash(correct)))
  const time = { now: Date.now() }
  const ended: number[] = []
  const log = { ...silentLog, warn: vi.fn() }
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(),
    passwords,
    log,
    sessionsChanged: (userId) => void ended.push(userId),
    demoFromAnywhere: options.demoFromAnywhere ?? false,
    clock: () => time.now,
    refusalTakesMs: 0,
  })
  return { db, john, time, ended, log, signIn }
}

const refused = { reason: 'badCredentials', message: 'Invalid username or password!' }

describe('signing in', () => {
  it('ignores the case and the width of the name', async () => {
    const { signIn, john } = await aDoorman()
    for (const name of ['john', 'JOHN', 'ｊｏｈｎ']) {
      expect((await signIn.signIn(from(name, correct))).user).toEqual(john)
    }
  })

  it('is refused where the password was changed while it was being verified', async () => {
    const { db, john, signIn } = await aDoorman()
    const verify = passwords.verify
    const spy = vi.spyOn(passwords, 'verify').mockImplementationOnce(async (hash, password) => {
      const verdict = await verify(hash, password)
      await db.logins.changePassword(john.id, hash, await passwords.hash('another one'), 0)
      return verdict
    })
    await expect(signIn.signIn(from('john', correct))).rejects.toMatchObject(refused)
    expect(await db.logins.list(john.id)).toEqual([])
    spy.mockRestore()
  })

  it('stores no token, only hashes', async () => {
    const { signIn, db } = await aDoorman()
    const { token } = await signIn.signIn(from('john', correct))
    const rows = await db.pool.query({ text: `select t::text as row from auth_tokens t` })
    expect(rows).toHaveLength(1)
    const kept = JSON.stringify(rows)
    for (const secret of [token, realtimeTokenOf(token)]) {
      expect(kept).not.toContain(secret)
      expect(kept).not.toContain(Buffer.from(secret).toString('hex'))
      expect(kept).not.toContain(Buffer.from(secret, 'base64url').toString('hex'))
    }
  })

  it.each([
    ['a wrong password', 'john', 'wrong'],
    ['an unknown user', 'nobody', correct],
    ['nothing', '', ''],
    ['NUL in the name', 'john\0', correct],
    ['half an emoji for a name', '\ud83d', correct],
    ['a name without end', 'john'.repeat(10_000), correct],
    ['a password without end', 'john', correct.repeat(1_000)],
  ])('with %s gets the one answer', async (_, username, password) => {
    const { signIn } = await aDoorman()
    await expect(signIn.signIn(from(username, password))).rejects.toMatchObject(refused)
  })

  it('is over for a disabled user, and so are the logins there were', async () => {
    const { signIn, db } = await aDoorman()
    const { token } = await signIn.signIn(from('john', correct))
    await db.pool.query({ text: 'update users set disabled_at = now()' })
    await expect(signIn.signIn(from('john', correct))).rejects.toMatchObject(refused)
    expect(await signIn.authenticate(token)).toBeUndefined()
    expect(await signIn.authenticateRealtime(realtimeTokenOf(token))).toBeUndefined()
  })

  it('takes as long for unknown users as for a wrong password', async () => {
    const { signIn } = await aDoorman()
    const timeOf = async (username: string, n: number) => {
      const started = performance.now()
      await signIn.signIn(from(username, 'wrong', `10.0.0.${n}`)).catch(() => {})
      return performance.now() - started
    }
    const times: Record<string, number[]> = { john: [], nobody: [] }
    for (let n = 0; n < 30; n++) {
      for (const username of ['john', 'nobody']) times[username]!.push(await timeOf(username, n))
    }
    const median = (name: string) => times[name]!.sort((a, b) => a - b)[15]!
    expect(median('nobody') / median('john')).toBeGreaterThan(0.6)
    expect(median('nobody') / median('john')).toBeLessThan(1.6)
  })

  it('lets ten guesses through, not eleven, even all at once', async () => {
    const { signIn } = await aDoorman()
    const guesses = Array.from({ length: 30 }, (_, n) => signIn.signIn(from('john', `guess ${n}`)))
    const reasons = (await Promise.allSettled(guesses)).map(
      (guess) => guess.status === 'rejected' && guess.reason.reason,
    )
    expect(reasons.filter((reason) => reason === 'badCredentials')).toHaveLength(10)
    expect(reasons.filter((reason) => reason === 'tooManyRequests')).toHaveLength(20)
    await expect(signIn.signIn(from('john', correct))).rejects.toMatchObject({
      reason: 'tooManyRequests',
    })
    expect(await signIn.signIn(from('john', correct, '192.0.2.2'))).toHaveProperty('token')
  })
})

describe('a hash from PHP', () => {
  const php = async (password: string) => (await bcrypt.hash(password, 10)).replace('$2b$', '$2y$')

  it('signs in, and is argon2id from then on', async () => {
    const { signIn, db, john } = await aDoorman({ hash: await php(correct) })
    await signIn.signIn(from('john', correct))
    expect(await db.logins.passwordHash(john.id)).toMatch(/^\$argon2id\$/)
    expect(await signIn.signIn(from('john', correct))).toHaveProperty('token')
  })

  it('ends at 72 bytes until the first sign-in, which makes the whole password count', async () => {
    const [at71, at72, at73] = [71, 72, 73].map((n) => 'x'.repeat(n)) as [string, string, string]
    const { signIn } = await aDoorman({ hash: await php(at73) })
    await expect(signIn.signIn(from('john', at71))).rejects.toMatchObject(refused)
    await signIn.signIn(from('john', `${at72}y`))
    await expect(signIn.signIn(from('john', at73))).rejects.toMatchObject(refused)
    expect(await signIn.signIn(from('john', `${at72}y`))).toHaveProperty('token')
  })

  it('stays as it is after a wrong password', async () => {
    const hash = await php(correct)
    const { signIn, db, john } = await aDoorman({ hash })
    await signIn.signIn(from('john', 'wrong')).catch(() => {})
    expect(await db.logins.passwordHash(john.id)).toBe(hash)
  })
})

describe('a token', () => {
  it('stands for its login, in either form and only in its own place', async () => {
    const { signIn, john } = await aDoorman()
    const { token, loginId } = await signIn.signIn(from('john', correct))
    const realtime = signIn.realtimeToken(token)
    expect(await signIn.authenticate(token)).toMatchObject({ user: john, loginId, rev: 0 })
    expect(await signIn.authenticateRealtime(realtime)).toMatchObject({ user: john, loginId })
    expect(await signIn.authenticate(realtime)).toBeUndefined()
    expect(await signIn.authenticateRealtime(token)).toBeUndefined()
  })

  it.each(['', 'x', 'A'.repeat(43), `${'A'.repeat(42)}\0`, 'A'.repeat(100_000), "' or 1=1"])(
    'that nobody gave out stands for nobody: %j',
    async (token) => {
      const { signIn } = await aDoorman()
      expect(await signIn.authenticate(token)).toBeUndefined()
      expect(await signIn.authenticateRealtime(token)).toBeUndefined()
      await signIn.signOut(token)
    },
  )

  it('lives 30 days from its last use', async () => {
    const { signIn, db, time, john } = await aDoorman()
    const { token, expiresAt } = await signIn.signIn(from('john', correct))
    expect(expiresAt.getTime() - time.now).toBe(30 * 24 * 60 * 60 * 1_000)
    const kept = async () => (await db.logins.list(john.id))[0]!.expiresAt.getTime()
    time.now += 9 * 60 * 1_000
    await signIn.authenticate(token)
    await expect(
      vi.waitFor(async () => expect(await kept()).not.toBe(+expiresAt), 300),
    ).rejects.toThrow()
    time.now += 2 * 60 * 1_000
    await signIn.authenticate(token)
    await vi.waitFor(async () => expect(await kept()).toBe(+expiresAt + 11 * 60 * 1_000))
    await db.pool.query({ text: `update auth_tokens set expires_at = now() - interval '1 second'` })
    expect(await signIn.authenticate(token)).toBeUndefined()
  })
})

describe('my logins', () => {
  it('are listed with the one I use, and end one by one', async () => {
    const { signIn, john, ended } = await aDoorman()
    const [here, there] = [
      await signIn.signIn(from('john', correct)),
      await signIn.signIn(from('john', correct, '192.0.2.9')),
    ]
    const caller = { user: john, loginId: here.loginId }
    const { logins } = await signIn.listLogins(caller)
    expect(logins).toHaveLength(2)
    expect(logins.find(({ current }) => current)).toMatchObject({
      id: here.loginId,
      address: '192.0.2.1',
      userAgent: 'Firefox',
    })
    await signIn.revokeLogin(caller, { id: there.loginId })
    expect(await signIn.authenticate(there.token)).toBeUndefined()
    expect(await signIn.authenticate(here.token)).toMatchObject({ rev: 1 })
    expect(ended).toEqual([john.id])
  })

  it("are nobody else's to end", async () => {
    const { signIn, db, ended } = await aDoorman()
    const { token, loginId } = await signIn.signIn(from('john', correct))
    const bill = { user: await aUser(db, 'bill'), loginId: 999 }
    for (const id of [loginId, 12_345]) {
      await expect(signIn.revokeLogin(bill, { id })).rejects.toMatchObject({ reason: 'notFound' })
    }
    expect(await signIn.authenticate(token)).toBeDefined()
    expect(ended).toEqual([])
  })

  it('end with a new password, all but the one I use', async () => {
    const { signIn, john, ended } = await aDoorman()
    const [here, there] = [
      await signIn.signIn(from('john', correct)),
      await signIn.signIn(from('john', correct)),
    ]
    const caller = { user: john, loginId: here.loginId }
    const change = { currentPassword: correct, newPassword: 'battery staple' }
    await signIn.changePassword(caller, change)
    expect(await signIn.authenticate(here.token)).toBeDefined()
    expect(await signIn.authenticate(there.token)).toBeUndefined()
    expect(ended).toEqual([john.id])
    await expect(signIn.signIn(from('john', correct))).rejects.toMatchObject(refused)
    expect(await signIn.signIn(from('john', 'battery staple'))).toHaveProperty('token')
  })

  it('stay when the current password is wrong', async () => {
    const { signIn, john, ended } = await aDoorman()
    const { token, loginId } = await signIn.signIn(from('john', correct))
    const change = { currentPassword: 'wrong', newPassword: 'battery staple' }
    await expect(signIn.changePassword({ user: john, loginId }, change)).rejects.toMatchObject({
      reason: 'badCredentials',
      field: 'currentPassword',
    })
    expect(await signIn.authenticate(token)).toBeDefined()
    expect(ended).toEqual([])
  })
})

describe('the demo password', async () => {
  const hash = await passwords.hash('secret')

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'works on this machine: %s',
    async (address) => {
      const { signIn } = await aDoorman({ hash })
      expect(await signIn.signIn(from('john', 'secret', address))).toHaveProperty('token')
    },
  )

  it.each(['192.0.2.1', 'unknown', ''])('looks wrong from elsewhere: %j', async (address) => {
    const { signIn, log } = await aDoorman({ hash })
    await expect(signIn.signIn(from('john', 'secret', address))).rejects.toMatchObject(refused)
    expect(log.warn).toHaveBeenCalledOnce()
    expect(JSON.stringify(log.warn.mock.calls)).not.toContain('secret')
  })

  it('works from everywhere where the demo was asked for', async () => {
    const { signIn } = await aDoorman({ hash, demoFromAnywhere: true })
    expect(await signIn.signIn(from('john', 'secret'))).toHaveProperty('token')
  })

  it('is not in the way of john with a password of his own', async () => {
    const { signIn } = await aDoorman()
    expect(await signIn.signIn(from('john', correct))).toHaveProperty('token')
  })
})
