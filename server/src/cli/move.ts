import { defineCommand } from 'citty'
import { move as copyAll } from '../database/transfer/transfer.ts'
import { openStorage } from '../storage.ts'
import { progressOf } from './backup.ts'
import { Failure } from './failure.ts'
import { createLog } from './log.ts'
import { withStorage } from './with-storage.ts'

const log = createLog({ level: 'warn', format: undefined })

export const move = defineCommand({
  meta: {
    name: 'move',
    description: 'Copy everything into another, empty PostgreSQL; the source stays as it is',
  },
  args: {
    to: {
      type: 'string',
      required: true,
      valueHint: 'postgres://…',
      description: 'The database to copy to',
    },
  },
  run: ({ args: { to } }) =>
    withStorage('move', { database: 'existing' }, async (storage) => {
      await storage.migrate()
      if (await storage.isServed())
        throw new Failure(
          'A server is running on this database: stop it first, so that nothing is missed.',
        )
      const target = await openStorage({ url: to, dataDir: '' }, { log, name: 'parley move' })
      try {
        await target.migrate()
        const rows = await copyAll(
          storage.connection,
          target.connection,
          progressOf('rows, there and back'),
        )
        process.stdout.write(
          `Copied ${rows.toLocaleString('en')} rows and compared them. Start with DATABASE_URL set to the new database.\n`,
        )
      } finally {
        await target.close()
      }
    }),
})
