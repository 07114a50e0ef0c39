import type { User } from '@parley/protocol/resources'
import { localUsers, openLocalDatabase } from './database.ts'

/** Who was signed in when a page last came from the server, for pages that come from the browser. */
export async function lastUser(): Promise<User | undefined> {
  for (const userId of await localUsers()) {
    const db = await openLocalDatabase(userId)
    const user = await db?.get('about', 'user').finally(() => db.close())
    if (user) return user
  }
  return undefined
}
