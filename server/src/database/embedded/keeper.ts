import pg from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { EmbeddedDatabaseError } from './errors.ts'

/** Everybody who uses the database holds this lock shared; who gets it alone may stop the server. */
const useLock = 7_262_754
/** Held by the one `parley serve` of a directory. */
const claimLock = 7_262_755

const user = 'parley'
const database = 'parley'
const connectTimeoutMs = 10_000
const claimPatienceMs = 500
const leavePatienceMs = 1_000

/** One process's stake in a running database, held by a connection of its own. */
export interface Keeper {
  onLost(handler: () => void): void
  /** @throws EmbeddedDatabaseError `inUse` */
  claim(dataDir: string): Promise<void>
  /** True: nobody else uses the database, and nobody can begin to before `end`. */
  isLast(): Promise<boolean>
  end(): Promise<void>
}

/** @returns undefined where the server is about to stop, or not yet ready to be asked */
export async function openKeeper(
  socketDir: string,
  applicationName: string,
): Promise<Keeper | undefined> {
  const client = await connect(socketDir, applicationName)
  if (!client) return undefined
  if (await ask(client, 'select pg_try_advisory_lock_shared($1) as yes', useLock))
    return keeperOf(client)
  await client.end()
  return undefined
}

const missingDatabase = '3D000'
/** By another process: it is there, or its row is being written, or its template is in use. */
const alreadyCreated = new Set(['42P04', '23505', '55006'])
/** Starting or stopping (57), all connections taken (53), no listener; no code at all is a time-out. */
const notYet = /^(57|53300|ECONN|ENOENT$|EPIPE$|$)/

async function connect(socketDir: string, name: string): Promise<pg.Client | undefined> {
  const open = async (to: string) => {
    const client = new pg.Client({
      ...{ host: socketDir, port: 5432, user, database: to, application_name: name },
      connectionTimeoutMillis: connectTimeoutMs,
    })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  try {
    return await open(database)
  } catch (error) {
    if (codeOf(error) === missingDatabase) await createDatabase(open)
    else if (!notYet.test(codeOf(error))) throw error
    return undefined
  }
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? ''

async function createDatabase(open: (to: string) => Promise<pg.Client>): Promise<void> {
  let client: pg.Client | undefined
  try {
    client = await open('postgres')
    await client.query(`create database ${database}`)
  } catch (error) {
    const code = codeOf(error)
    if (!alreadyCreated.has(code) && !notYet.test(code)) throw error
  } finally {
    await client?.end()
  }
}

async function ask(client: pg.Client, text: string, ...values: unknown[]): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(text, values)
  return rows[0]?.yes === true
}

function keeperOf(client: pg.Client): Keeper {
  const tryLock = (key: number) => ask(client, 'select pg_try_advisory_lock($1) as yes', key)
  return {
    onLost: (handler) => void client.once('end', handler),

    async claim(dataDir) {
      const end = Date.now() + claimPatienceMs
      while (!(await tryLock(claimLock))) {
        if (Date.now() > end) throw await inUse(client, dataDir)
        await delay(50)
      }
    },

    async isLast() {
      await client.query('select pg_advisory_unlock_shared($1)', [useLock])
      if (!(await tryLock(useLock))) return false
      const end = Date.now() + leavePatienceMs
      const alone = `select not exists (select from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()) as yes`
      while (!(await ask(client, alone))) {
        if (Date.now() > end) return false
        await delay(20)
      }
      return true
    },

    end: () => client.end(),
  }
}

async function inUse(client: pg.Client, dataDir: string): Promise<EmbeddedDatabaseError> {
  const { rows } = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.classid = 0 and l.objid = $1 and l.granted`,
    [claimLock],
  )
  const process = rows[0]?.name.match(/\d+$/)?.[0] ?? 'unknown'
  return new EmbeddedDatabaseError(
    'inUse',
    `${dataDir} is in use by another parley serve (process ${process}): stop that one first, or set PARLEY_DATA_DIR to another directory.`,
  )
}
