import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../config.ts'
import { readEnvironment } from '../environment.ts'
import { openStorage, type Storage } from '../storage.ts'
import { Failure } from './failure.ts'
import { createLog } from './log.ts'

interface Options {
  /** `existing`: refused where an embedded one was not created yet; `created`: as it is. */
  database: 'existing' | 'created' | 'migrated'
}

/** Runs a command's work on the database, with a server running beside it or without one. */
export async function withStorage<Result>(
  name: string,
  { database }: Options,
  work: (storage: Storage) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig((await readEnvironment('.')).values)
  const { url, dataDir } = config.database
  if (database === 'existing' && !url && !existsSync(join(dataDir, 'postgres')))
    throw new Failure(`There is no database in ${dataDir} yet: "parley serve" creates it.`)
  const log = createLog({ ...config.log, level: 'warn' })
  const storage = await openStorage(config.database, { log, name: `parley ${name}` })
  try {
    if (database === 'migrated') await storage.migrate()
    return await work(storage)
  } finally {
    await storage.close()
  }
}
