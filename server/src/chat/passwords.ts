import * as argon2 from '@node-rs/argon2'
import * as bcrypt from '@node-rs/bcrypt'
import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'

/** `outdated`: the password is right, and its hash should be made anew. */
type Verdict = 'wrong' | 'right' | 'outdated'

export interface Passwords {
  /** @throws Refusal `unavailable` with too many hashes waiting, like every method here */
  hash(password: string): Promise<string>
  /** Understands argon2 and bcrypt (PHP's `$2y$` too); nothing matches any other hash. */
  verify(hash: string, password: string): Promise<Verdict>
  /** Takes as long as verifying against a hash of ours: for users who do not exist. */
  verifyNothing(password: string): Promise<'wrong'>
}

const strength = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Of a random password that nobody kept, at the same strength. */
const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$mBCcEByC7LmbDiFhh4atGA$8C5LhcArAlp7/snrvoHdf6NGO3H0JWsnXg4z+a1O0Z8'
const bcryptHash = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/

/** Hashes run in libuv's threads, which files and DNS share: `inFlightMax` at once, the rest waits. */
export function createPasswords({ inFlightMax = 4, waitingMax = 100 } = {}): Passwords {
  const inTurn = createTurnstile(inFlightMax, waitingMax)
  const verifyNothing = async (password: string): Promise<'wrong'> => {
    if (!isTooLong(password)) await inTurn(() => argon2.verify(nobodysHash, password))
    return 'wrong'
  }
  return {
    verifyNothing,

    async hash(password) {
      if (isTooLong(password))
        throw new Refusal('invalidInput', { message: 'password is too long' })
      return inTurn(() => argon2.hash(password, strength))
    },

    async verify(hash, password) {
      if (isTooLong(password)) return 'wrong'
      if (bcryptHash.test(hash)) {
        return (await inTurn(() => bcrypt.verify(password, hash))) ? 'outdated' : 'wrong'
      }
      if (!isArgon2(hash)) return verifyNothing(password)
      if (!(await inTurn(() => argon2.verify(hash, password)))) return 'wrong'
      return isWeak(hash) ? 'outdated' : 'right'
    },
  }
}

const isTooLong = (password: string): boolean => password.length > limits.passwordMaxChars

function isArgon2(hash: string): boolean {
  if (!hash.startsWith('$argon2')) return false
  try {
    argon2.parseOptions(hash)
    return true
  } catch {
    return false
  }
}

function isWeak(hash: string): boolean {
  const { memoryCost, timeCost } = argon2.parseOptions(hash)
  const weaker = memoryCost < strength.memoryCost || timeCost < strength.timeCost
  return weaker || !hash.startsWith('$argon2id$')
}

function createTurnstile(inFlightMax: number, waitingMax: number) {
  const waiting: (() => void)[] = []
  let inFlight = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (inFlight >= inFlightMax) {
      if (waiting.length >= waitingMax) throw new Refusal('unavailable', { retryAfterSeconds: 5 })
      await new Promise<void>((enter) => waiting.push(enter))
    } else {
      inFlight++
    }
    try {
      return await work()
    } finally {
      // Whoever waits takes over this place: the count stays.
      const next = waiting.shift()
      if (next) next()
      else inFlight--
    }
  }
}
