import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPostmaster } from '../database/embedded/postmaster.ts'
import { startEmbedded, type EmbeddedDatabase } from '../database/embedded/start.ts'
import type { Logger } from '../logger.ts'

/** A PostgreSQL of our own, which is started again when it ends. */
export interface BreakableDatabase {
  embedded: EmbeddedDatabase
  url: string
  /** Ends its processes as a crash does, or as a restart does; it is started again at once. */
  restart(signal: 'SIGQUIT' | 'SIGINT'): Promise<void>
}

const maxConnections = 200

export async function startDatabase(dataDir: string, log: Logger): Promise<BreakableDatabase> {
  const start = () => startEmbedded({ dataDir, log, name: 'parley verify' })
  const cluster = join(dataDir, 'postgres')
  const unset = await start()
  await writeFile(join(cluster, 'postgresql.auto.conf'), `max_connections = ${maxConnections}\n`)
  await unset.close()
  const embedded = await start()
  const { host, user, database } = embedded.connection
  const url = new URL(`postgres://${user}@localhost/${database}`)
  url.searchParams.set('host', host)
  return {
    embedded,
    url: url.href,
    async restart(signal) {
      const found = await findPostmaster(cluster)
      if (found) process.kill(found.pid, signal)
    },
  }
}
