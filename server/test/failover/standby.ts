/** A primary with an asynchronous streaming standby, as PostgreSQL's own tools set it up. */
import { onTestFinished } from 'vitest'
import { openPool, type Pool } from '../../src/database/pool.ts'
import { until } from '../app.ts'
import {
  answering,
  launchServer,
  ownDirectory,
  runProgram,
  startSystemPostgres,
  type SystemPostgres,
} from '../postgres-15.ts'
import { aSwitch } from './switch.ts'

export interface Pair {
  primary: SystemPostgres
  standby: SystemPostgres
  /** From now on no commit reaches the standby. */
  cutReplication(): void
  /** Resolves once the standby has what the primary has. */
  caughtUp(): Promise<void>
  promote(): Promise<void>
}

/** @returns undefined where the system has no PostgreSQL */
export async function aPair(): Promise<Pair | undefined> {
  const primary = await startSystemPostgres()
  if (!primary) return undefined
  onTestFinished(() => primary.stop())
  const replication = await aSwitch(primary.socketPath)
  const directory = await ownDirectory()
  const from = ['-h', '127.0.0.1', '-p', String(replication.port), '-U', 'parley']
  const how = ['-D', 'data', '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync']
  await runProgram('pg_basebackup', [...from, ...how], directory)
  const standby = await launchServer(directory)
  onTestFinished(() => standby.stop())
  const { connection } = standby
  await answering({ ...connection, database: 'postgres' }, standby.hasEnded, 'select 1')
  const above = aPool(primary)
  const below = aPool(standby)
  return {
    primary,
    standby,
    cutReplication: () => replication.lead(undefined),
    async caughtUp() {
      const [row] = await above.query<{ lsn: string }>({
        text: 'select pg_current_wal_lsn()::text as lsn',
      })
      await until('the standby has it', async () => {
        const [said] = await below.query<{ there: boolean }>({
          text: 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as there',
          values: [row!.lsn],
        })
        return said!.there
      })
    },
    promote: async () => void (await below.query({ text: 'select pg_promote()' })),
  }
}

/** Tables of a server, without anything of Parley's between. */
export function aPool({ connection }: SystemPostgres): Pool {
  const pool = openPool({ ...connection, max: 1, applicationName: 'look', onError() {} })
  onTestFinished(() => pool.close())
  return pool
}
