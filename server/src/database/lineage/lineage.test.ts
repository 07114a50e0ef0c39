import { expect, test } from 'vitest'
import { aConversation, aUser, testDatabase } from '../../../test/database.ts'
import { silentLog } from '../../../test/silent-log.ts'
import type { Queryable } from '../pool.ts'
import { createLineage } from './lineage.ts'

test('a connection whose answer comes late, after others have seen more, begins no epoch', async () => {
  const db = await testDatabase()
  const lineage = createLineage(() => db.pool, silentLog)
  await lineage.start({ watermarks: [], onChange: () => {} })
  const before = lineage.epoch()
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  let asked = () => {}
  const answered = new Promise<void>((resolve) => (asked = resolve))
  const late: Queryable = {
    async query(statement) {
      const rows = await db.pool.query(statement)
      asked()
      await released
      return rows as never[]
    },
  }
  const checking = lineage.check(late, () => {})
  await answered
  await aConversation(db, [(await aUser(db, 'ann')).id])
  await lineage.check(db.pool, () => {})
  await lineage.check(db.pool, () => {})
  release()
  await checking
  await lineage.stop()
  expect((await db.pool.query<{ value: string }>({ text: 'select value from epoch' }))[0]).toEqual({
    value: before,
  })
})
