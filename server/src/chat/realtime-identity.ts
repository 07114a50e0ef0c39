import { Refusal } from '@parley/protocol/refusal'
import type { Logins } from '../database/logins.ts'
import type { Users } from '../database/users.ts'
import { readsTopic } from './announce.ts'
import type { Authenticate, Authenticated } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { looksLikeJwt, verifyConnectionToken } from './connection-tokens.ts'

/** Who a real-time session belongs to. */
export interface RealtimeIdentity {
  readonly user: string
  readonly caller: Caller
  /** Connected as Tutorial A's client does: it knows `chat`, and no conversations. */
  readonly tutorial: boolean
  /** Of the user, when the rights were read last. */
  rev: number
  /** What this session is not sent, read together with `rev`. */
  muted: readonly string[]
}

interface Given {
  token: string | undefined
  data: unknown
  cookie: string | undefined
  origin: string | undefined
  host: string | undefined
}

export interface RealtimeCredentials {
  /** The first credential that is present decides: token, `data.authToken`, cookie. @throws Refusal */
  identify(given: Given): Promise<{ identity: RealtimeIdentity; expiresAtMs?: number }>
  /** Reads `rev` too: call it before reading rights. */
  stillValid(identity: RealtimeIdentity): Promise<boolean>
  /** Contract A3's token in each call: present, good, and of the same user. @throws Refusal */
  confirm(identity: RealtimeIdentity, authToken: unknown): Promise<void>
  refresh(identity: RealtimeIdentity, token: string): Promise<{ expiresAtMs?: number }>
}

interface Deps {
  authenticate: Authenticate
  logins: Logins
  users: Users
  /** HS256 secret of connection tokens; undefined: there are none. */
  tokenSecret: string | undefined
  loginTokenIn(cookie: string | undefined): string | undefined
  isOwnOrigin(origin: string | undefined, host: string | undefined): boolean
}

/** A caller without a login: connected by a token that a product made. */
const noLogin = 0

export function createRealtimeCredentials(deps: Deps): RealtimeCredentials {
  const { authenticate, logins, users, tokenSecret } = deps

  async function byToken(token: string) {
    if (!looksLikeJwt(token)) return ofLogin(await authenticate.authenticateRealtime(token), false)
    if (tokenSecret === undefined) throw new Refusal('badCredentials')
    const { userId, expiresAtMs } = verifyConnectionToken(token, tokenSecret)
    const user = await users.find(userId)
    if (!user || user.disabled) throw new Refusal('badCredentials')
    const caller = { user: { id: user.id, username: user.username }, loginId: noLogin }
    const identity = { user: String(user.id), caller, tutorial: false, ...rightsOf(user) }
    return { identity, ...(expiresAtMs !== undefined && { expiresAtMs }) }
  }

  return {
    async identify({ token, data, cookie, origin, host }) {
      if (token !== undefined) return byToken(token)
      const authToken = authTokenIn(data)
      if (authToken !== undefined) {
        if (typeof authToken !== 'string') throw new Refusal('badCredentials')
        return ofLogin(await authenticate.authenticateRealtime(authToken), true)
      }
      const loginToken = deps.loginTokenIn(cookie)
      if (loginToken === undefined || !deps.isOwnOrigin(origin, host))
        throw new Refusal('badCredentials')
      return ofLogin(await authenticate.authenticate(loginToken), false)
    },

    async stillValid(identity) {
      const { loginId, user } = identity.caller
      if (loginId === noLogin) {
        const stored = await users.find(user.id)
        if (!stored || stored.disabled) return false
        Object.assign(identity, rightsOf(stored))
        return true
      }
      const login = await logins.find(loginId)
      if (login) Object.assign(identity, rightsOf(login))
      return login !== undefined
    },

    async confirm(identity, authToken) {
      const owner =
        typeof authToken === 'string'
          ? await authenticate.authenticateRealtime(authToken)
          : undefined
      if (owner?.user.id !== identity.caller.user.id) throw new Refusal('badCredentials')
    },

    async refresh(identity, token) {
      // A login's token has no end to tell, and would outlive its login here.
      if (!looksLikeJwt(token)) throw new Refusal('badCredentials')
      const fresh = await byToken(token)
      if (fresh.identity.user !== identity.user) throw new Refusal('badCredentials')
      return 'expiresAtMs' in fresh ? { expiresAtMs: fresh.expiresAtMs } : {}
    },
  }
}

const nothing: readonly string[] = []
const othersReads: readonly string[] = [readsTopic]

const rightsOf = ({ rev, readReceipts }: { rev: number; readReceipts: boolean }) => ({
  rev,
  muted: readReceipts ? nothing : othersReads,
})

function ofLogin(login: Authenticated | undefined, tutorial: boolean) {
  if (!login) throw new Refusal('badCredentials')
  const { user, loginId } = login
  const caller = { user, loginId }
  return { identity: { user: String(user.id), caller, tutorial, ...rightsOf(login) } }
}

function authTokenIn(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('authToken' in data)) return undefined
  return data.authToken ?? undefined
}
