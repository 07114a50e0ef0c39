import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { durabilityRisks } from '../database/durability.ts'
import type { Queryable } from '../database/pool.ts'
import { openStorage } from '../storage.ts'
import type { Finding } from './doctor.ts'
import { createLog } from './log.ts'

type Check = (db: Queryable) => Promise<Finding[]>

const log = createLog({ level: 'silent', format: 'json' })
const oldestMajor = 15
const clockToleranceMs = 2_000

export async function checkDatabase(
  place: { url: string | undefined; dataDir: string },
  further: Check[],
): Promise<Finding[]> {
  if (place.url === undefined && !existsSync(join(place.dataDir, 'postgres')))
    return [
      {
        state: 'warning',
        about: 'Database',
        sentence: `there is none in ${place.dataDir} yet: "parley serve" creates it.`,
      },
    ]
  const storage = await openStorage(place, { log, name: 'parley doctor' })
  try {
    const { pool } = storage.db
    const [server] = await pool.query<{ version: string; number: number }>({
      text: `select current_setting('server_version') as version,
        current_setting('server_version_num')::int as number`,
    })
    const where = storage.embedded ? `embedded, in ${place.dataDir}` : 'external'
    const findings: Finding[] = [
      Math.floor(server!.number / 10_000) < oldestMajor
        ? {
            state: 'ill',
            about: 'Database',
            sentence: `PostgreSQL ${server!.version} is too old: Parley needs ${oldestMajor} or later.`,
          }
        : {
            state: 'well',
            about: 'Database',
            sentence: `PostgreSQL ${server!.version}, ${where}.`,
          },
      await checkSchema(pool),
    ]
    for (const check of further) findings.push(...(await check(pool)))
    return findings
  } finally {
    await storage.close()
  }
}

async function checkSchema(db: Queryable): Promise<Finding> {
  const { migrations } = await import('../database/migrations.ts')
  const [table] = await db.query<{ there: boolean }>({
    text: `select to_regclass('migrations') is not null as there`,
  })
  const applied = table!.there
    ? await db.query<{ number: number }>({ text: 'select number from migrations' })
    : []
  const missing = migrations.length - applied.length
  return missing === 0
    ? { state: 'well', about: 'Schema', sentence: 'up to date.' }
    : {
        state: 'warning',
        about: 'Schema',
        sentence: `${Math.abs(missing)} migrations ${missing > 0 ? 'are missing: "parley serve" or "parley migrate" applies them' : 'are newer than this Parley: update it'}.`,
      }
}

/** Times of messages are the database's; limits and tokens go by this machine's clock. */
export const checkClock: Check = async (db) => {
  const beforeMs = Date.now()
  const [row] = await db.query<{ now: Date }>({ text: 'select clock_timestamp() as now' })
  const middleMs = (beforeMs + Date.now()) / 2
  const offMs = Math.round(Math.abs(row!.now.getTime() - middleMs))
  return [
    offMs > clockToleranceMs
      ? {
          state: 'ill',
          about: 'Clock',
          sentence: `this machine and the database differ by ${(offMs / 1_000).toFixed(1)} s: set both by NTP.`,
        }
      : { state: 'well', about: 'Clock', sentence: `within ${offMs} ms of the database.` },
  ]
}

/** What would let a committed message disappear. */
export const checkDurability: Check = async (db) => {
  const risks = await durabilityRisks(db)
  if (risks.length === 0)
    return [
      {
        state: 'well',
        about: 'Durability',
        sentence: 'what is acknowledged is on disk, and on every standby that may take over.',
      },
    ]
  return risks.map(({ name, sentence }) => ({
    state: name === 'setting' ? 'ill' : 'warning',
    about: 'Durability',
    sentence,
  }))
}
