import { dropCopies } from './local/copies.ts'
import { localUsers, openLocalDatabase } from './local/database.ts'

// Whoever sees the sign-in page is nobody: pages that open without the server show nothing then.
for (const userId of await localUsers()) {
  const db = await openLocalDatabase(userId)
  if (db) await dropCopies(db).finally(() => db.close())
}
