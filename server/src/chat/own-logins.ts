import type { LoginId, UserId } from '@parley/protocol/ids'
import type { Output, Parsed } from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'
import type { Logins } from '../database/logins.ts'
import type { Caller } from './caller.ts'
import type { Passwords } from './passwords.ts'
import { isToken, tokenHash } from './tokens.ts'

/** What people do with their own logins. */
export interface OwnLogins {
  /** Ends the login this token stands for, if there is one. */
  signOut(token: string): Promise<void>
  changePassword(
    caller: Caller,
    input: Parsed<'users.changePassword'>,
  ): Promise<Output<'users.changePassword'>>
  listLogins(caller: Caller): Promise<Output<'logins.list'>>
  revokeLogin(caller: Caller, input: { id: LoginId }): Promise<Output<'logins.revoke'>>
  revokeOtherLogins(caller: Caller): Promise<Output<'logins.revokeOthers'>>
}

interface Deps {
  logins: Logins
  passwords: Passwords
  /** Called after logins of a user have ended, so that their sockets end too. */
  sessionsChanged: (userId: UserId) => void
}

export const createOwnLogins = ({ logins, passwords, sessionsChanged }: Deps): OwnLogins => ({
  async signOut(token) {
    const login = isToken(token) ? await logins.findByToken(tokenHash(token)) : undefined
    if (login && (await logins.remove(login.userId, login.id))) sessionsChanged(login.userId)
  },

  async changePassword({ user, loginId }, { currentPassword, newPassword }) {
    const stored = await logins.passwordHash(user.id)
    if (!stored) throw new Refusal('unauthorized')
    const right = (await passwords.verify(stored, currentPassword)) !== 'wrong'
    const hash = right ? await passwords.hash(newPassword) : ''
    if (!right || !(await logins.changePassword(user.id, stored, hash, loginId))) {
      throw new Refusal('badCredentials', {
        field: 'currentPassword',
        message: 'currentPassword: is not your password',
      })
    }
    sessionsChanged(user.id)
    return {}
  },

  async listLogins({ user, loginId }) {
    const entries = await logins.list(user.id)
    return {
      logins: entries.map(({ id, userAgent, address, createdAt, lastUsedAt, expiresAt }) => ({
        id,
        current: id === loginId,
        userAgent,
        address,
        createdAt: createdAt.toISOString(),
        lastUsedAt: lastUsedAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    }
  },

  async revokeLogin({ user }, { id }) {
    if (!(await logins.remove(user.id, id))) throw new Refusal('notFound')
    sessionsChanged(user.id)
    return {}
  },

  async revokeOtherLogins({ user, loginId }) {
    await logins.removeOthers(user.id, loginId)
    sessionsChanged(user.id)
    return {}
  },
})
