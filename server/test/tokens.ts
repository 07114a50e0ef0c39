import { createHmac } from 'node:crypto'

export const tokenSecret = 'a secret that products sign with'

export const base64url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** A connection token as products make them: a JWT (RFC 7519), without a library. */
export function aToken(claims: object, { alg = 'HS256', secret = tokenSecret } = {}): string {
  const signed = `${base64url({ alg, typ: 'JWT' })}.${base64url(claims)}`
  if (alg === 'none') return `${signed}.`
  const hash = alg === 'HS512' ? 'sha512' : 'sha256'
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}
