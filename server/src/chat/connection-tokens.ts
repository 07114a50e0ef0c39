import { createHmac, timingSafeEqual } from 'node:crypto'
import { Refusal } from '@parley/protocol/refusal'
import type { UserId } from '@parley/protocol/ids'

/** Who a connection token stands for, and until when. */
export interface ConnectionToken {
  userId: UserId
  expiresAtMs?: number
}

/** Whether a token has the three parts of a JWT; Parley's own tokens never do. */
export const looksLikeJwt = (token: string): boolean => token.split('.').length === 3

/**
 * Verifies a JWT (RFC 7519) signed with HS256, as products that embed Parley make them for their
 * users: `sub` is the user's id, `exp` and `nbf` are seconds since 1970.
 * @throws Refusal `badCredentials`, or `tokenExpired` for a good signature that is too old
 */
export function verifyConnectionToken(token: string, secret: string): ConnectionToken {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw bad()
  if (parse(header).alg !== 'HS256') throw bad()
  const { sub, exp, nbf, channel } = parse(payload)
  const userId = typeof sub === 'string' || typeof sub === 'number' ? Number(sub) : NaN
  // A token with a channel is a subscription token: never good for connecting.
  if (!Number.isSafeInteger(userId) || userId < 1 || channel !== undefined) throw bad()
  const now = Date.now() / 1_000
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now)) throw bad()
  if (exp === undefined) return { userId }
  if (typeof exp !== 'number') throw bad()
  if (exp <= now) throw new Refusal('tokenExpired')
  return { userId, expiresAtMs: exp * 1_000 }
}

function parse(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Not JSON: no token of ours.
  }
  throw bad()
}

const bad = () => new Refusal('badCredentials')
