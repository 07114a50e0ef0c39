import { join } from 'node:path'
import { openDatabase, type Database } from './database/database.ts'
import { startEmbedded, type EmbeddedDatabase } from './database/embedded/start.ts'
import { fileWatermark, type Watermark } from './database/lineage/watermark.ts'
import { migrate } from './database/migrate.ts'
import type { ConnectionOptions } from './database/pool.ts'
import type { Logger } from './logger.ts'

interface StorageConfig {
  /** Absent: the embedded PostgreSQL in `dataDir`. */
  url: string | undefined
  dataDir: string
}

export interface Storage {
  db: Database
  connection: ConnectionOptions
  embedded: boolean
  /** Beside an embedded database, which could be copied back. */
  watermark: Watermark | undefined
  /** Brings the schema up to date. @returns the names of the migrations applied */
  migrate(): Promise<string[]>
  /** Whether a `parley serve` uses the database now. */
  isServed(): Promise<boolean>
  /** Keeps an embedded database for this one server. @throws where another one has it */
  claim(): Promise<void>
  close(): Promise<void>
}

/**
 * The database every command works on: the one at `url`, or the embedded one, which several
 * commands share and the last one stops.
 */
export async function openStorage(
  { url, dataDir }: StorageConfig,
  { log, name }: { log: Logger; name: string },
): Promise<Storage> {
  let embedded: EmbeddedDatabase | undefined
  if (url === undefined) embedded = await startEmbedded({ dataDir, log, name })
  const connection = embedded?.connection ?? { connectionString: url! }
  const db = openDatabase(connection, { log, applicationName: `${name} ${process.pid}` })
  return {
    db,
    connection,
    embedded: embedded !== undefined,
    watermark: embedded && fileWatermark(join(dataDir, 'lineage.json'), log),
    migrate: () => migrate(db.pool),
    async isServed() {
      const rows = await db.pool.query({
        text: `select from pg_stat_activity where datname = current_database()
          and application_name like 'parley serve%' limit 1`,
      })
      return rows.length > 0
    },
    claim: async () => embedded?.claim(),
    async close() {
      await db.close()
      await embedded?.close()
    },
  }
}
