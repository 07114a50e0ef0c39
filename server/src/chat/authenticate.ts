import type { Logins, StoredLogin } from '../database/logins.ts'
import type { Logger } from '../logger.ts'
import type { Caller } from './caller.ts'
import { isToken, realtimeTokenOf, tokenHash } from './tokens.ts'

export interface Authenticated extends Caller {
  /** Of the user, read together with the login. */
  rev: number
  readReceipts: boolean
  expiresAt: Date
}

/** Who a token stands for. A token that is malformed, unknown, expired or of a disabled user: nobody. */
export interface Authenticate {
  authenticate(token: string): Promise<Authenticated | undefined>
  authenticateRealtime(realtimeToken: string): Promise<Authenticated | undefined>
  /** The real-time token of a login, for pages to show: the same every time. */
  realtimeToken(token: string): string
}

const day = 24 * 60 * 60 * 1000
/** A login ends this long after its last use. */
export const loginLastsMs = 30 * day
const touchEveryMs = 10 * 60 * 1000

interface Deps {
  logins: Logins
  log: Logger
  clock: () => number
}

export function createAuthenticate({ logins, log, clock }: Deps): Authenticate {
  const used = (login: StoredLogin | undefined): Authenticated | undefined => {
    if (!login) return undefined
    if (clock() - login.lastUsedAt.getTime() > touchEveryMs) {
      logins
        .touch(login.id, new Date(clock() + loginLastsMs))
        .catch((error: unknown) => log.warn({ err: error }, 'could not note the use of a login'))
    }
    const { id, userId, username, rev, readReceipts, expiresAt } = login
    return { user: { id: userId, username }, loginId: id, rev, readReceipts, expiresAt }
  }
  return {
    async authenticate(token) {
      return isToken(token) ? used(await logins.findByToken(tokenHash(token))) : undefined
    },
    async authenticateRealtime(token) {
      return isToken(token) ? used(await logins.findByRealtimeToken(tokenHash(token))) : undefined
    },
    realtimeToken: realtimeTokenOf,
  }
}
