/** The PostgreSQL that Parley brings and runs itself, where no DATABASE_URL names another one. */
import { rmdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import type { ConnectionOptions } from '../pool.ts'
import { majorVersion } from './binaries.ts'
import { ensureCluster } from './cluster.ts'
import { EmbeddedDatabaseError } from './errors.ts'
import { openKeeper, type Keeper } from './keeper.ts'
import { launch } from './launch.ts'
import { preparePlace, type Place } from './place.ts'
import { findPostmaster, isServedElsewhere, pollMs, stopPostmaster } from './postmaster.ts'

interface EmbeddedOptions {
  dataDir: string
  log: Logger
  /** Who we are to the other users of the directory: `parley serve`, `parley seed`. */
  name: string
}

export interface EmbeddedDatabase {
  connection: Required<Pick<ConnectionOptions, 'host' | 'user' | 'database'>>
  majorVersion: number
  /**
   * Keeps the directory for this one `parley serve`; other commands may go on using it.
   * @throws EmbeddedDatabaseError `inUse`, naming the process that has it
   */
  claim(): Promise<void>
  /** Call it after the last query; stops the server where nobody else uses it. */
  close(): Promise<void>
}

interface Held {
  keeper: Keeper
  pid: number
  socketDir: string
}

const patienceMs = 15_000
const reviveMs = 2_000

/**
 * Uses the server that runs in the directory (another command's, or one that outlived a kill -9), or
 * starts it, and starts it again when it dies. The first time it creates the directory.
 * @throws EmbeddedDatabaseError for everything a person can mend
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, log, name } = options
  const place = await preparePlace(dataDir)
  const acquire = () => acquireOf(place, `${name} ${process.pid}`, log)
  let held = await acquire()
  let claimed = false
  let closing = false
  let reviving: Promise<void> | undefined

  const watch = () =>
    held.keeper.onLost(() => {
      if (closing) return
      log.warn({ directory: place.cluster }, 'the database went away; starting it again')
      reviving = revive().finally(() => (reviving = undefined))
    })

  async function revive(): Promise<void> {
    while (!closing) {
      try {
        held = await acquire()
        watch()
        if (claimed) await held.keeper.claim(place.dataDir)
        return
      } catch (error) {
        log.error({ err: error }, 'the database does not start; trying again')
        await delay(reviveMs)
      }
    }
  }

  watch()
  return {
    connection: { host: held.socketDir, user: 'parley', database: 'parley' },
    majorVersion,
    async claim() {
      await held.keeper.claim(place.dataDir)
      claimed = true
    },
    async close() {
      if (closing) return
      closing = true
      await reviving
      await leave(held, place, log)
    },
  }
}

async function acquireOf(place: Place, applicationName: string, log: Logger): Promise<Held> {
  let end = Date.now() + patienceMs
  for (;;) {
    const found = await findPostmaster(place.cluster)
    if (found?.status === 'ready') {
      const keeper = await openKeeper(found.socketDir, applicationName)
      // Whoever stops the server keeps everybody from our lock until this file says so.
      const now = await findPostmaster(place.cluster)
      if (keeper && now?.pid === found.pid && now.status === 'ready')
        return { keeper, pid: found.pid, socketDir: found.socketDir }
      await keeper?.end()
    } else if (!found) {
      if (await isServedElsewhere(place.cluster)) throw elsewhere(place)
      await ensureCluster(place, log)
      if (await launch(place, log)) end = Date.now() + patienceMs
    }
    // Recovery after a crash takes as long as it takes.
    if (found?.status !== 'starting' && Date.now() > end) throw notAnswering(place, found?.pid)
    await delay(pollMs)
  }
}

const elsewhere = ({ cluster }: Place) =>
  new EmbeddedDatabaseError(
    'elsewhere',
    `${cluster} is in use by a PostgreSQL that is not visible from here, in another container perhaps: run this command there, or stop that one first.`,
  )

const notAnswering = ({ cluster, logFile }: Place, pid: number | undefined) =>
  new EmbeddedDatabaseError(
    'notAnswering',
    pid === undefined
      ? `PostgreSQL in ${cluster} does not stay up: see the end of ${logFile}.`
      : `PostgreSQL in ${cluster} (process ${pid}) runs but does not answer: stop it with "kill -INT ${pid}" and try again.`,
  )

async function leave(
  { keeper, pid, socketDir }: Held,
  { cluster }: Place,
  log: Logger,
): Promise<void> {
  const last = await keeper.isLast().catch(() => false)
  const stopped = last ? await stopPostmaster(pid, cluster, () => keeper.end()) : true
  await keeper.end().catch(() => undefined)
  if (!stopped) log.warn({ process: pid }, 'the database does not stop; it is left running')
  await rmdir(socketDir).catch(() => undefined)
}
