import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { open, rename, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Sum } from './session.ts'
import type { Table } from './tables.ts'

/**
 * A backup: gzip of lines. A JSON header; for each table a JSON line, its rows in COPY's text format
 * and a line `\.`; at the end a JSON line with what each table came to.
 */
export interface BackupHeader {
  format: 'parley-backup'
  version: 1
  /** The last migration of the database it was taken from. */
  migration: number
  createdAt: string
  tables: (Table & { rows: number })[]
}

/** The file is not a whole, healthy backup. */
export class BackupError extends Error {
  override name = 'BackupError'
}

export interface BackupWriter {
  line(value: object): Promise<void>
  /** For a table's rows; the terminating line comes from `endTable`. */
  readonly rows: NodeJS.WritableStream
  endTable(): Promise<void>
  /** Makes the file whole, on disk, and gives it its name. */
  finish(): Promise<void>
  /** Removes what was written so far. */
  abandon(): Promise<void>
}

/** Writes beside `path`, which is created or replaced only when everything is on disk. */
export async function createBackup(path: string): Promise<BackupWriter> {
  const partial = `${path}.partial`
  const file = createWriteStream(partial, { flags: 'w', mode: 0o600 })
  await once(file, 'open')
  const gzip = createGzip({ level: 1 })
  // Each table's pipeline leaves listeners on it.
  gzip.setMaxListeners(0)
  gzip.pipe(file)
  file.on('error', (error) => gzip.destroy(error))
  const write = async (text: string) => {
    if (!gzip.write(text)) await once(gzip, 'drain')
  }
  return {
    line: (value) => write(`${JSON.stringify(value)}\n`),
    rows: gzip,
    endTable: () => write('\\.\n'),
    async finish() {
      gzip.end()
      await finished(file)
      const handle = await open(partial, 'r+')
      await handle.sync()
      await handle.close()
      await rename(partial, path)
    },
    async abandon() {
      gzip.destroy()
      file.destroy()
      await rm(partial, { force: true })
    },
  }
}

export interface BackupReader {
  readonly header: BackupHeader
  /** In the order of the header; each one's rows have to be read before the next. */
  tables(): AsyncIterable<{ name: string; columns: string[]; rows: AsyncIterable<Buffer> }>
  /** After the last table: what each one came to when it was written. */
  sums(): Promise<Record<string, Sum>>
}

const cut = () => new BackupError('The backup ends in the middle: the file is not complete.')
const end = Buffer.from('\\.\n')

/** @throws BackupError for anything but a whole backup */
export async function openBackup(path: string): Promise<BackupReader> {
  const lines = readLines(path)
  const next = async (): Promise<Record<string, unknown>> => {
    const line = await lines.line()
    try {
      return JSON.parse(line) as Record<string, unknown>
    } catch {
      throw new BackupError('This is not a backup that Parley wrote.')
    }
  }
  const header = (await next()) as unknown as BackupHeader
  if (header.format !== 'parley-backup')
    throw new BackupError('This is not a backup that Parley wrote.')
  if (header.version !== 1) throw new BackupError('This backup was written by a newer Parley.')
  return {
    header,
    async *tables() {
      for (const { name, columns } of header.tables) {
        const { table } = await next()
        if (table !== name) throw new BackupError(`The backup is damaged before the table ${name}.`)
        yield { name, columns, rows: lines.untilEnd() }
      }
    },
    async sums() {
      return (await next()).sums as Record<string, Sum>
    },
  }
}

function readLines(path: string) {
  const gunzip = createGunzip()
  const file = createReadStream(path)
  file.on('error', (error) => gunzip.destroy(error))
  const chunks = file.pipe(gunzip)[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)

  async function more(): Promise<void> {
    let result: IteratorResult<Buffer>
    try {
      result = (await chunks.next()) as IteratorResult<Buffer>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new BackupError(`There is no file ${path}.`)
      throw new BackupError(`${path} cannot be read as a backup (${(error as Error).message}).`)
    }
    if (result.done) throw cut()
    rest = rest.length === 0 ? result.value : Buffer.concat([rest, result.value])
  }

  return {
    async line(): Promise<string> {
      for (;;) {
        const at = rest.indexOf(10)
        if (at !== -1) {
          const line = rest.subarray(0, at).toString()
          rest = rest.subarray(at + 1)
          return line
        }
        await more()
      }
    },
    /** Whole rows, until the terminating line, which is taken too. */
    async *untilEnd(): AsyncIterable<Buffer> {
      for (;;) {
        if (rest.subarray(0, end.length).equals(end)) {
          rest = rest.subarray(end.length)
          return
        }
        const inside = rest.indexOf(Buffer.concat([Buffer.from('\n'), end]))
        const whole = inside === -1 ? lastWholeRow(rest) : inside + 1
        if (whole > 0) {
          yield rest.subarray(0, whole)
          rest = rest.subarray(whole)
        } else await more()
      }
    },
  }
}

/** Bytes up to the last newline that cannot belong to the terminating line. */
function lastWholeRow(bytes: Buffer): number {
  return bytes.lastIndexOf(10, -1 - end.length) + 1
}
