import type { Logger } from '../../logger.ts'
import type { Queryable } from '../pool.ts'
import { lsnOf, type Lsn, type Reading } from './rule.ts'

export interface ServerReading extends Reading {
  /** The database's name wherever it is copied to: its server's identifier and its own name. */
  database: string
  /** The end of what the server has made durable. */
  flushed: Lsn | undefined
}

export interface Reader {
  /** @throws with SQLSTATE 25006 where the connection leads to a standby */
  read(db: Queryable): Promise<ServerReading>
}

/** Each is refused by some hosts; then the others have to do. In recovery the last three fail. */
const parts = {
  system: '(select system_identifier::text from pg_control_system())',
  timeline: 'left(pg_walfile_name(pg_current_wal_lsn()), 8)',
  lsn: 'pg_current_wal_insert_lsn()::text',
  flushed: 'pg_current_wal_flush_lsn()::text',
}
type Part = keyof typeof parts
const partNames = Object.keys(parts) as Part[]

/** No right, no such function, not supported here, not in this state. */
const refusedState = /^(42501|42883|0A000|55000)$/

type Row = Record<Part, string | null> & {
  epoch: string
  past: string[]
  stored_system: string | null
  stored_timeline: string | null
  name: string
  standby: boolean
}

/** Asks connections where they lead, and learns what may be asked. */
export function createReader(log: Logger): Reader {
  let refused = new Set<Part>()

  const query = async (db: Queryable): Promise<Row> => {
    const columns = partNames.map((name) =>
      refused.has(name)
        ? `null as ${name}`
        : `case when not pg_is_in_recovery() then ${parts[name]} end as ${name}`,
    )
    const rows = await db.query<Row>({
      text: `select e.value as epoch, e.past, e.system_identifier as stored_system,
        e.timeline as stored_timeline, current_database() as name, pg_is_in_recovery() as standby,
        ${columns.join(', ')} from epoch e`,
    })
    return rows[0]!
  }

  async function findRefused(db: Queryable): Promise<void> {
    const found = new Set<Part>()
    for (const name of partNames)
      await db.query({ text: `select ${parts[name]}` }).catch((error: unknown) => {
        if (!isRefused(error)) throw error
        found.add(name)
      })
    if (found.size > refused.size)
      log.warn(
        { refused: [...found] },
        'the database does not say all of its identity: after a restore or a failover, begin a new epoch by hand where clients keep what is gone',
      )
    refused = found
  }

  return {
    async read(db) {
      let row: Row
      try {
        row = await query(db)
      } catch (error) {
        if (!isRefused(error)) throw error
        await findRefused(db)
        row = await query(db)
      }
      if (row.standby) throw standby()
      return {
        epoch: row.epoch,
        past: row.past,
        storedSystem: row.stored_system ?? undefined,
        storedTimeline: row.stored_timeline ?? undefined,
        system: row.system ?? undefined,
        timeline: row.timeline ?? undefined,
        lsn: row.lsn === null ? undefined : lsnOf(row.lsn),
        flushed: row.flushed === null ? undefined : lsnOf(row.flushed),
        database: `${row.system ?? 'unknown'} ${row.name}`,
      }
    },
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && refusedState.test(String((error as { code?: unknown }).code))

const standby = () =>
  Object.assign(new Error('the address of the database leads to a standby'), { code: '25006' })
