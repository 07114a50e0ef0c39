import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { ConnectionOptions, Queryable } from '../pool.ts'
import { copyInStatement, copyOutStatement, countStatement, type Table } from './tables.ts'

/** What a table came to, on its way out or in. */
export interface Sum {
  rows: number
  sha256: string
}

/** One connection that carries whole tables, inside one transaction. */
export interface TransferSession extends Queryable {
  /** The connection broke before `end`. */
  readonly lost: boolean
  count(table: Table): Promise<number>
  /** All rows in COPY's text format, as chunks; `onRows` hears how many rows went by. */
  copyOut(
    table: Table,
    write: NodeJS.WritableStream | undefined,
    onRows: (rows: number) => void,
  ): Promise<Sum>
  copyIn(
    table: Pick<Table, 'name' | 'columns'>,
    read: AsyncIterable<Buffer>,
    onRows: (rows: number) => void,
  ): Promise<Sum>
  commit(): Promise<void>
  /** Rolls back what was not committed. */
  end(): Promise<void>
}

/** Text that is the same from every server: COPY writes times and bytes by these settings. */
const settings = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set bytea_output = 'hex'; set extra_float_digits = 1; set statement_timeout = 0; set lock_timeout = '10s'`

export async function openTransfer(
  connection: ConnectionOptions,
  mode: 'read' | 'write',
): Promise<TransferSession> {
  const client = new pg.Client({
    ...connection,
    application_name: `parley transfer ${process.pid}`,
  })
  let lost = false
  client.on('error', () => (lost = true))
  await client.connect()
  await client.query(settings)
  await client.query(mode === 'read' ? 'begin isolation level repeatable read read only' : 'begin')
  const query = async <Row>(statement: { text: string; values?: unknown[] }) =>
    (await client.query(statement)).rows as Row[]
  return {
    query,
    get lost() {
      return lost
    },
    async count(table) {
      return (await query<{ count: number }>({ text: countStatement(table) }))[0]!.count
    },
    async copyOut(table, write, onRows) {
      const { stream, sum } = summing(onRows)
      const out = client.query(copyTo(copyOutStatement(table)))
      if (write) await pipeline(out, stream, write, { end: false })
      else await pipeline(out, stream, drop)
      return sum()
    },
    async copyIn(table, read, onRows) {
      const { stream, sum } = summing(onRows)
      await pipeline(read, stream, client.query(copyFrom(copyInStatement(table))))
      return sum()
    },
    commit: async () => void (await client.query('commit')),
    end: () => client.end(),
  }
}

async function drop(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

function summing(onRows: (rows: number) => void) {
  const hash = createHash('sha256')
  let rows = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      const before = rows
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows++
      try {
        onRows(rows - before)
        done(null, chunk)
      } catch (error) {
        done(error as Error)
      }
    },
  })
  return { stream, sum: (): Sum => ({ rows, sha256: hash.digest('hex') }) }
}
