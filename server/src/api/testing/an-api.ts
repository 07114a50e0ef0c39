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
  await db.logins.rehash(id, await passwords.hash('correct horse'))
  const ended: number[] = []
  const log = parts.log ?? silentLog
  const signIn = createSignIn({
    logins: db.logins,
    limits: createSignInLimits(),
    passwords,
    log,
    sessionsChanged: (userId) => void ended.push(userId),
    demoFromAnywhere: false,
    refusalTakesMs: 20,
  })
  const app = createApi({
    door: parts.door ?? { perform: async (_caller, name, input) => ({ name, input }) },
    signIn,
    internal: parts.internal ?? { send: async () => ({ id: 1 }) },
    log,
    config: {
      trustedProxies: [],
      extraConnectSources: [],
      webRoot: `${tmpdir()}/no-web-build`,
      demo: false,
      ...parts.config,
    },
  })
  onTestFinished(() => app.close())
  return { app, db, signIn, ended }
}
