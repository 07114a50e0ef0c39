import { setTimeout as pause } from 'node:timers/promises'
import type { LoginId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { User } from '@parley/protocol/resources'
import type { Account, Logins } from '../database/logins.ts'
import { usernameKey } from '@parley/protocol/usernames'
import type { Logger } from '../logger.ts'
import { isLoopback } from './addresses.ts'
import { createAuthenticate, loginLastsMs, type Authenticate } from './authenticate.ts'
import { createOwnLogins, type OwnLogins } from './own-logins.ts'
import type { Passwords } from './passwords.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import { newToken, realtimeTokenOf, tokenHash } from './tokens.ts'

interface Credentials {
  username: string
  password: string
  /** Where the request came from, for limits and for the list of logins. */
  address: string
  userAgent: string
}

interface SignedIn {
  token: string
  loginId: LoginId
  user: User
  expiresAt: Date
}

export interface SignIn extends Authenticate, OwnLogins {
  /**
   * @throws Refusal `badCredentials`, the same after the same time whatever was wrong;
   * `tooManyRequests`; `unavailable`
   */
  signIn(credentials: Credentials): Promise<SignedIn>
}

interface Deps {
  logins: Logins
  limits: SignInLimits
  passwords: Passwords
  log: Logger
  sessionsChanged: (userId: UserId) => void
  /** Whether `john` and `bill` may use the password everybody knows from other machines too. */
  demoFromAnywhere: boolean
  clock?: () => number
  /** At least this long until a "no": bcrypt hashes take longer to verify than ours. */
  refusalTakesMs?: number
}

const usernameMaxChars = 200
const demoNames = new Set(['john', 'bill'])
const demoPassword = 'secret'

export function createSignIn(deps: Deps): SignIn {
  const { logins, limits, log, clock = Date.now, refusalTakesMs = 300 } = deps
  return {
    ...createAuthenticate({ logins, log, clock }),
    ...createOwnLogins(deps),

    async signIn(credentials) {
      const earliestRefusal = pause(refusalTakesMs)
      const key = usernameKey(credentials.username.slice(0, usernameMaxChars))
      const giveBack = await limits.reserve(key, credentials.address)
      try {
        const account = await verifiedAccount(key, credentials, deps)
        if (account) {
          const signedIn = await open(logins, account, credentials, clock())
          if (signedIn) {
            await giveBack()
            return signedIn
          }
        }
      } catch (error) {
        await giveBack()
        throw error
      }
      await earliestRefusal
      throw new Refusal('badCredentials', { message: 'Invalid username or password!' })
    },
  }
}

async function verifiedAccount(
  key: string,
  credentials: Credentials,
  deps: Deps,
): Promise<Account | undefined> {
  const { logins, passwords } = deps
  const { password } = credentials
  const account = await findAccount(logins, key)
  if (!account || account.disabled) {
    await passwords.verifyNothing(password)
    return undefined
  }
  const verdict = await passwords.verify(account.passwordHash, password)
  if (verdict === 'wrong' || !mayUsePassword(key, credentials, deps)) return undefined
  if (verdict === 'right') return account
  const passwordHash = await passwords.hash(password)
  await logins.rehash(account.id, account.passwordHash, passwordHash)
  return { ...account, passwordHash }
}

async function findAccount(logins: Logins, key: string): Promise<Account | undefined> {
  return key === '' || key.includes('\0') ? undefined : logins.account(key)
}

function mayUsePassword(key: string, { password, address }: Credentials, deps: Deps): boolean {
  const isDemo = demoNames.has(key) && password === demoPassword
  if (!isDemo || deps.demoFromAnywhere || isLoopback(address)) return true
  deps.log.warn(
    { username: key, address },
    'refused a demo password from another machine: set a real one, or PARLEY_DEMO=1',
  )
  return false
}

async function open(
  logins: Logins,
  { id, username, passwordHash }: Account,
  { address, userAgent }: Credentials,
  now: number,
): Promise<SignedIn | undefined> {
  const token = newToken()
  const expiresAt = new Date(now + loginLastsMs)
  const loginId = await logins.insert({
    userId: id,
    passwordHash,
    tokenHash: tokenHash(token),
    realtimeHash: tokenHash(realtimeTokenOf(token)),
    userAgent: userAgent.slice(0, 300),
    address: address.slice(0, 64),
    expiresAt,
  })
  return loginId === undefined ? undefined : { token, loginId, user: { id, username }, expiresAt }
}
