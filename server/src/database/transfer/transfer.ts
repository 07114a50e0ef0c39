import { migrations } from '../migrations.ts'
import type { ConnectionOptions } from '../pool.ts'
import { BackupError, createBackup, openBackup, type BackupHeader } from './backup-file.ts'
import { openTransfer, type Sum, type TransferSession } from './session.ts'
import { continueStatement, tablesIn, truncateStatement, type Table } from './tables.ts'

/** Hears how many rows of all have gone by. */
export type OnProgress = (done: number, total: number) => void

/** The target holds people already, or the copy is not what was sent. */
export class TransferError extends Error {
  override name = 'TransferError'
}

const lastMigration = migrations.at(-1)!.number

const progress = (total: number, report: OnProgress) => {
  let done = 0
  report(0, total)
  return (rows: number) => report((done += rows), total)
}

async function counted(source: TransferSession): Promise<(Table & { rows: number })[]> {
  const tables = []
  for (const table of await tablesIn(source))
    tables.push({ ...table, rows: await source.count(table) })
  return tables
}

const sumOf = (tables: { rows: number }[]): number =>
  tables.reduce((sum, { rows }) => sum + rows, 0)

/** Writes everything of one snapshot to a file; whoever writes meanwhile is not held up. */
export async function backup(
  connection: ConnectionOptions,
  path: string,
  report: OnProgress,
): Promise<number> {
  const source = await openTransfer(connection, 'read')
  const file = await createBackup(path)
  try {
    const tables = await counted(source)
    const createdAt = new Date().toISOString()
    const header: BackupHeader = {
      format: 'parley-backup',
      version: 1,
      migration: lastMigration,
      createdAt,
      tables,
    }
    await file.line(header)
    const count = progress(sumOf(tables), report)
    const sums: Record<string, Sum> = {}
    for (const table of tables) {
      await file.line({ table: table.name })
      sums[table.name] = await source.copyOut(table, file.rows, count)
      await file.endTable()
    }
    await file.line({ sums })
    await file.finish()
    return sumOf(tables)
  } catch (error) {
    await file.abandon()
    throw isCut(error, source) ? wentAway() : error
  } finally {
    await source.end()
  }
}

/**
 * Puts a backup's contents into the database, all or nothing, and begins a new epoch: clients that
 * are or come back online load anew. `replace`: instead of what is there.
 */
export async function restore(
  connection: ConnectionOptions,
  path: string,
  { replace }: { replace: boolean },
  report: OnProgress,
): Promise<number> {
  const { header, tables, sums } = await openBackup(path)
  if (header.migration > lastMigration)
    throw new BackupError(
      'This backup was written by a newer Parley: run that version to restore it.',
    )
  const target = await openTransfer(connection, 'write')
  try {
    await prepareTarget(target, replace)
    const count = progress(sumOf(header.tables), report)
    const arrived: Record<string, Sum> = {}
    for await (const { name, columns, rows } of tables())
      arrived[name] = await target.copyIn({ name, columns }, rows, count)
    compare(await sums(), arrived)
    await finishTarget(target)
    return sumOf(header.tables)
  } catch (error) {
    throw isCut(error, target) ? wentAway() : error
  } finally {
    await target.end()
  }
}

/** Copies one snapshot into another database and compares every table's rows; the source stays as it is. */
export async function move(
  from: ConnectionOptions,
  to: ConnectionOptions,
  report: OnProgress,
): Promise<number> {
  const source = await openTransfer(from, 'read')
  const target = await openTransfer(to, 'write')
  try {
    await prepareTarget(target, false)
    const tables = await counted(source)
    // Once on the way out, and once more to compare what arrived.
    const count = progress(sumOf(tables) * 2, report)
    const sent: Record<string, Sum> = {}
    for (const table of tables) sent[table.name] = await pass(source, target, table, count)
    const arrived: Record<string, Sum> = {}
    for (const table of tables) arrived[table.name] = await target.copyOut(table, undefined, count)
    compare(sent, arrived)
    await finishTarget(target)
    return sumOf(tables)
  } catch (error) {
    throw isCut(error, source, target) ? wentAway() : error
  } finally {
    await Promise.all([source.end(), target.end()])
  }
}

async function pass(
  source: TransferSession,
  target: TransferSession,
  table: Table,
  onRows: (rows: number) => void,
): Promise<Sum> {
  const { PassThrough } = await import('node:stream')
  const pipe = new PassThrough()
  const copied = target.copyIn(table, pipe as AsyncIterable<Buffer>, () => {})
  const sum = source.copyOut(table, pipe, onRows).finally(() => pipe.end())
  const [sent] = await Promise.all([sum, copied])
  return sent
}

async function prepareTarget(target: TransferSession, replace: boolean): Promise<void> {
  const tables = await tablesIn(target)
  const [people] = await target.query<{ any: boolean }>({
    text: 'select exists (select from users) as any',
  })
  if (people!.any && !replace)
    throw new TransferError('The target database is not empty: there are users in it.')
  await target.query({ text: truncateStatement(tables) })
}

async function finishTarget(target: TransferSession): Promise<void> {
  for (const table of await tablesIn(target)) {
    const statement = continueStatement(table)
    if (statement) await target.query({ text: statement })
  }
  await target.query({
    text: `update epoch set value = left(replace(gen_random_uuid()::text, '-', ''), 8), since = clock_timestamp()`,
  })
  await target.commit().catch(() => {
    throw new TransferError(
      'The database went away at the very end: "parley db list" shows whether everything is there.',
    )
  })
  // Sooner or later PostgreSQL does it by itself.
  await target.query({ text: 'analyze' }).catch(() => {})
}

/** The connection broke, or the server said why it breaks it (SQLSTATE 57P). */
const isCut = (error: unknown, ...sessions: TransferSession[]): boolean =>
  !(error instanceof TransferError) &&
  (sessions.some(({ lost }) => lost) ||
    String((error as { code?: unknown }).code).startsWith('57P'))

const wentAway = () =>
  new TransferError(
    'The database went away in the middle: nothing was changed. Run the command again.',
  )

function compare(expected: Record<string, Sum>, arrived: Record<string, Sum>): void {
  for (const [name, { rows, sha256 }] of Object.entries(expected)) {
    const copy = arrived[name]
    if (copy?.rows !== rows || copy.sha256 !== sha256)
      throw new TransferError(
        `The table ${name} did not arrive as it was sent (${copy?.rows ?? 0} of ${rows} rows): nothing was changed.`,
      )
  }
}
