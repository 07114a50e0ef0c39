import { tmpdir } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import { aUser, testDatabase } from '../../../test/database.ts'
import { silentLog } from '../../../test/silent-log.ts'
import type { Door } from '../../chat/door.ts'
import { createPasswords } from '../../chat/passwords.ts'
import { createSignInLimits } from '../../chat/sign-in-limits.ts'
import { createSignIn, type SignIn } from '../../chat/sign-in.ts'
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../logger.ts'
import type { Internal } from '../internal-messages.ts'
import { createApi, type ApiConfig } from '../server.ts'

interface Parts {
  config?: Partial<ApiConfig>
  door?: Door
  internal?: Internal
  log?: Logger
}

/** The API over a fresh database, where `john` signs in with `correct horse`. */
export async function anApi(
  parts: Parts = {},
): Promise<{ app: FastifyInstance; db: Database; signIn: SignIn; ended: number[] }> {
  const db = await testDatabase()
  const passwords = createPasswords()
  const { id } = await aUser(db, 'john')
  await db.logins.rehash(id, '!', await passwords.hash('correct horse'))
  const ended: number[] = []
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(),
    passwords,
    log: parts.log ?? silentLog,
    sessionsChanged: (userId) => void ended.push(userId),
    demoFromAnywhere: false,
    refusalTakesMs: 20,
  })
  return { app: start(parts, signIn), db, signIn, ended }
}

/** The API without a database; the one login there is has this cookie. */
export function anApiAlone(parts: Parts = {}): { app: FastifyInstance; cookie: string } {
  const token = 'A'.repeat(43)
  const john = {
    user: { id: 1, username: 'john' },
    loginId: 1,
    rev: 0,
    readReceipts: true,
    expiresAt: new Date('2100-01-01'),
  }
  const signIn: Pick<SignIn, 'authenticate'> = {
    authenticate: async (given) => (given === token ? john : undefined),
  }
  return { app: start(parts, signIn as SignIn), cookie: `parley_login=${token}` }
}

function start(parts: Parts, signIn: SignIn): FastifyInstance {
  const app = createApi({
    door: parts.door ?? { perform: async (_caller, name, input) => ({ name, input }) },
    signIn,
    health: { readiness: async () => ({ status: 'ready', database: 'up' }), drain() {} },
    internal: parts.internal ?? { send: async () => ({ id: 1 }) },
    log: parts.log ?? silentLog,
    config: {
      trustedProxies: [],
      extraConnectSources: [],
      webRoot: `${tmpdir()}/no-web-build`,
      demo: false,
      ...parts.config,
    },
  })
  onTestFinished(() => app.close())
  return app
}
