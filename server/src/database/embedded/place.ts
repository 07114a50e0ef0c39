import { chown, mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { findBinaries } from './binaries.ts'
import { EmbeddedDatabaseError, fileProblem } from './errors.ts'
import { chooseOwner, nearestOwner, type Owner } from './owner.ts'

/** Where one embedded database lives, and with what it is run. */
export interface Place {
  dataDir: string
  /** PostgreSQL's own data directory, inside `dataDir`. */
  cluster: string
  logFile: string
  /** The directory with `bin` and `lib`. */
  native: string
  owner: Owner | undefined
}

/** Few variables on purpose: PGHOST, PGPORT or a locale of the shell would change what happens. */
export const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * The database's user may have no right to go through the directories above its own (root's home, mode
 * 0700). A process may always use the directory it stands in, and Node changes into `cwd` before it drops
 * root's rights: so PostgreSQL gets its directory as `cwd`, and this name for it.
 */
export const directoryArgument = ({ owner }: Place, directory: string): string =>
  owner && process.platform === 'linux' ? '/proc/self/cwd' : directory

export async function preparePlace(path: string): Promise<Place> {
  const dataDir = resolve(path)
  const cluster = join(dataDir, 'postgres')
  try {
    if (await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined))
      throw new EmbeddedDatabaseError(
        'notADataDirectory',
        `${dataDir} is the data directory of another PostgreSQL: set PARLEY_DATA_DIR to a directory of Parley's own.`,
      )
    const owner = await chooseOwner(cluster)
    const above = await nearestOwner(dataDir)
    const created = await mkdir(dataDir, { recursive: true })
    if (created && owner && owner.uid === above.uid)
      for (let each = dataDir; each.length >= created.length; each = dirname(each))
        await chown(each, owner.uid, owner.gid)
    const native = await findBinaries(owner)
    return { dataDir, cluster, logFile: join(dataDir, 'postgres.log'), native, owner }
  } catch (error) {
    throw fileProblem(error, dataDir)
  }
}
