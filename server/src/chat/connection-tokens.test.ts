import { Refusal } from '@parley/protocol/refusal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aToken, base64url, tokenSecret } from '../../test/tokens.ts'
import { looksLikeJwt, verifyConnectionToken } from './connection-tokens.ts'

const verify = (token: string) => verifyConnectionToken(token, tokenSecret)

function reasonOf(token: string): string {
  try {
    return JSON.stringify(verify(token))
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    return (error as Refusal).reason
  }
}

test('a good token says who it stands for, and until when', () => {
  expect(verify(aToken({ sub: '42', iat: 1 }))).toEqual({ userId: 42 })
  expect(verify(aToken({ sub: 42, exp: 4_000_000_000 }))).toEqual({
    userId: 42,
    expiresAtMs: 4_000_000_000_000,
  })
})

test('a token counts from nbf to exp', () => {
  const now = Math.floor(Date.now() / 1_000)
  expect(reasonOf(aToken({ sub: '1', exp: now - 1 }))).toBe('tokenExpired')
  expect(reasonOf(aToken({ sub: '1', exp: now }))).toBe('tokenExpired')
  expect(verify(aToken({ sub: '1', nbf: now - 1, exp: now + 60 })).userId).toBe(1)
  expect(reasonOf(aToken({ sub: '1', nbf: now + 60 }))).toBe('badCredentials')
  expect(reasonOf(aToken({ sub: '1', nbf: 'now' }))).toBe('badCredentials')
  expect(reasonOf(aToken({ sub: '1', exp: 'never' }))).toBe('badCredentials')
  expect(reasonOf(aToken({ sub: '1', exp: null }))).toBe('badCredentials')
})

test('nobody is let in by a subject that is no user id', () => {
  for (const sub of [undefined, null, '', '0', '-1', '1.5', 'x', true, ['1'], { id: 1 }, 2 ** 53])
    expect(reasonOf(aToken({ sub })), JSON.stringify(sub)).toBe('badCredentials')
})

test('claims that are no object are refused, also well signed', () => {
  for (const claims of [[], [1], null, 'x', 7] as object[])
    expect(reasonOf(aToken(claims))).toBe('badCredentials')
})

test('every other signature is refused, before anything is said about the claims', () => {
  const [header, claims, signature] = aToken({ sub: '1', exp: 1 }).split('.') as [
    string,
    string,
    string,
  ]
  const none = base64url({ alg: 'none' })
  const others = [`${header}.${claims}.`, `${none}.${claims}.`, `${none}.${claims}.${signature}`]
  // Signed as HS256 is, but saying something else.
  others.push(aToken({ sub: '1' }, { alg: 'HS384' }), aToken({ sub: '1' }, { alg: 'hs256' }))
  for (const token of [...others, `${header}.${base64url({ sub: '2' })}.${signature}`])
    expect(reasonOf(token)).toBe('badCredentials')
  fc.assert(
    fc.property(fc.base64String({ maxLength: 80 }), (other) => {
      fc.pre(other !== signature)
      expect(reasonOf(`${header}.${claims}.${other}`)).toBe('badCredentials')
    }),
  )
})

test('Parley’s own tokens are never taken for a JWT', () => {
  expect(looksLikeJwt('A'.repeat(43))).toBe(false)
  expect(looksLikeJwt(aToken({}))).toBe(true)
  for (const text of ['', '.', 'a.b', 'a.b.c.d']) expect(looksLikeJwt(text)).toBe(false)
})
