import { Refusal } from '@parley/protocol/refusal'
import type { Duplex } from 'node:stream'
import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** What a query can be asked of: a pool, one writer's connection, or a transaction. */
export interface Queryable {
  /**
   * Named statements are prepared once per connection.
   * @throws Refusal `unavailable` where the database could not be reached or was too slow: the
   * statement may or may not have taken effect.
   */
  query<Row>(statement: { name?: string; text: string; values?: unknown[] }): Promise<Row[]>
}

export interface Pool extends Queryable {
  /** Runs `work` in one transaction; rolled back when it throws. */
  transaction<Result>(work: (db: Queryable) => Promise<Result>): Promise<Result>
  /** Connections that are open, and callers that wait for one. */
  usage(): { total: number; idle: number; waiting: number }
  close(): Promise<void>
}

export interface ConnectionOptions {
  /** `postgres://…`; or `host` for a socket directory. */
  connectionString?: string
  host?: string
  user?: string
  database?: string
}

interface PoolOptions extends ConnectionOptions {
  max: number
  applicationName: string
  onError: (error: Error) => void
  /**
   * Asked about every new connection before anybody uses it; refuses it by throwing. `drop` ends the
   * connection, whatever it does. @returns what to call when it has ended
   */
  onConnect?: (db: Queryable, drop: () => void) => Promise<() => void>
}

/**
 * One plan per statement, by its indexes. Planning anew costs more than most of our queries do, and a
 * plan made while the tables are tiny would otherwise read whole tables for ever. A plan that reads one
 * all the same looks so costly then that a server with JIT would compile it for seconds.
 */
const planSettings = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off'

const statementTimeoutMs = 5_000
const connectTimeoutMs = 5_000
const closeGraceMs = 1_000

/**
 * SQLSTATE classes 08 (connection), 53 (resources), 57 (operator intervention, timeout), 40 (rollback),
 * and 25006: the server became a standby, and the next connection may lead to its successor.
 */
const transientState = /^(08|53|57|40|25006)/
const transientCode = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  const transient =
    code === undefined
      ? /terminated|timeout|Connection|ended/.test(error.message)
      : typeof code === 'string' && (transientState.test(code) || transientCode.has(code))
  return transient ? new Refusal('unavailable', { cause: error }) : error
}

const queryable = (client: pg.Pool | pg.ClientBase): Queryable => ({
  async query<Row>(statement: { name?: string; text: string; values?: unknown[] }) {
    try {
      const result = await client.query(statement)
      return result.rows as Row[]
    } catch (error) {
      throw translate(error)
    }
  },
})

export function openPool(options: PoolOptions): Pool {
  const { max, applicationName, onError, onConnect, ...connection } = options
  const pool = new pg.Pool({
    ...connection,
    max,
    application_name: applicationName,
    options: planSettings,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 0,
    ...(onConnect && { onConnect: (client: pg.ClientBase) => introduce(client, onConnect) }),
  })
  pool.on('error', (error: Error & { client?: unknown }) => {
    // A log would spell it all out.
    delete error.client
    onError(error)
  })
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', (client) => void clients.add(client))
  pool.on('remove', (client) => void clients.delete(client))
  return {
    ...queryable(pool),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw translate(error)
      })
      const db = queryable(client)
      try {
        await db.query({ text: 'begin' })
        const result = await work(db)
        await db.query({ text: 'commit' })
        client.release()
        return result
      } catch (error) {
        const spoilt = isReadOnly(error) ? (error as Error) : undefined
        await client.query('rollback').then(
          () => client.release(spoilt),
          (broken: Error) => client.release(broken),
        )
        throw error
      }
    },
    usage: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    async close() {
      const ended = pool.end()
      // A database that owes an answer is not waited for: the driver drops such a connection.
      const cut = setTimeout(() => {
        for (const client of clients) void (client as pg.PoolClient & pg.Client).end()
      }, closeGraceMs)
      await ended
      clearTimeout(cut)
    },
  }
}

async function introduce(
  client: pg.ClientBase,
  onConnect: NonNullable<PoolOptions['onConnect']>,
): Promise<void> {
  const plain: Queryable = {
    query: async <Row>(statement: { text: string; values?: unknown[] }) =>
      (await client.query(statement)).rows as Row[],
  }
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
  const ended = await onConnect(plain, () => stream.destroy())
  client.once('end', ended)
}

const isReadOnly = (error: unknown): boolean =>
  error instanceof Refusal && (error.cause as { code?: unknown } | undefined)?.code === '25006'
