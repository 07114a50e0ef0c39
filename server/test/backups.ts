import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import type { Database } from '../src/database/database.ts'
import { backup, restore } from '../src/database/transfer/transfer.ts'

/** Takes a backup of a running server's database, as `parley backup` does. */
export async function backupOf(db: Database): Promise<{
  /** As `parley restore --replace` does. */
  restore(): Promise<void>
}> {
  const [own] = await db.pool.query<{ user: string; database: string }>({
    text: 'select current_user::text as user, current_database()::text as database',
  })
  const connection = { host: inject('postgres').host, ...own! }
  const folder = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'a.backup')
  await backup(connection, path, () => {})
  return {
    restore: async () => void (await restore(connection, path, { replace: true }, () => {})),
  }
}
