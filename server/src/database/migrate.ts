import { createHash } from 'node:crypto'
import { migrations, type Migration } from './migrations.ts'
import type { Pool, Queryable } from './pool.ts'

/** Chosen once; every Parley on this database takes the same advisory lock while it migrates. */
const lockKey = 7_262_753

interface Applied {
  number: number
  name: string
  checksum: string
}

const checksum = (sql: string): string => createHash('sha256').update(sql).digest('hex')

async function applied(db: Queryable): Promise<Applied[]> {
  await db.query({
    text: `create table if not exists migrations (
      number integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`,
  })
  return db.query<Applied>({
    text: 'select number, name, checksum from migrations order by number',
  })
}

function pending(done: Applied[]): Migration[] {
  for (const row of done) {
    const known = migrations.find((migration) => migration.number === row.number)
    if (!known)
      throw new MigrationError(
        `The database has migration ${row.number} (${row.name}), which this version of Parley does not know. Run a newer Parley.`,
      )
    if (checksum(known.sql) !== row.checksum)
      throw new MigrationError(
        `Migration ${row.number} (${row.name}) was changed after it had been applied. Restore the original file.`,
      )
  }
  const last = done.at(-1)?.number ?? 0
  return migrations.filter((migration) => migration.number > last)
}

export class MigrationError extends Error {
  override name = 'MigrationError'
}

/**
 * Brings the schema up to date, each migration in its own transaction, one process at a time.
 * @returns the names of the migrations it applied
 * @throws MigrationError where the database belongs to another history of migrations
 */
export async function migrate(pool: Pool): Promise<string[]> {
  const names: string[] = []
  for (;;) {
    const name = await pool.transaction(async (db) => {
      await db.query({ text: 'set local statement_timeout = 0' })
      await db.query({ text: 'select pg_advisory_xact_lock($1)', values: [lockKey] })
      const next = pending(await applied(db))[0]
      if (!next) return undefined
      await db.query({ text: next.sql })
      await db.query({
        text: 'insert into migrations (number, name, checksum) values ($1, $2, $3)',
        values: [next.number, next.name, checksum(next.sql)],
      })
      return next.name
    })
    if (name === undefined) return names
    names.push(name)
  }
}

/** Whether the tables are at least those of this version. */
export async function isMigrated(db: Queryable): Promise<boolean> {
  const rows = await db.query<{ last: number | null }>({
    name: 'migrations.last',
    text: 'select max(number) as last from migrations',
  })
  return (rows[0]?.last ?? 0) >= migrations.at(-1)!.number
}
