import type { TestProject } from 'vitest/node'
import { startSystemPostgres } from './postgres-15.ts'
import { inDatabase, waitForNoDisk } from './postgres.ts'
import { redisServer } from './redis.ts'

/** For one project: PostgreSQL as the system brings it, instead of the embedded one, and Redis. */
export async function setup(project: TestProject) {
  const postgres = await startSystemPostgres()
  if (postgres) {
    await inDatabase({ ...postgres.connection, database: 'postgres' }, waitForNoDisk)
    project.provide('postgres', postgres.connection)
  } else {
    console.warn('There is no PostgreSQL of the system: the embedded one stands in for it.')
  }
  const redis = await redisServer()
  await redis.start()
  project.provide('redis', { url: redis.url })
  return async () => {
    await postgres?.stop()
    await redis.kill()
  }
}
