import { defineCommand } from 'citty'
import { withStorage } from './with-storage.ts'

export const migrate = defineCommand({
  meta: { name: 'migrate', description: 'Bring the database to the shape this version needs' },
  run: () =>
    withStorage('migrate', { database: 'created' }, async (storage) => {
      const names = await storage.migrate()
      for (const name of names) process.stdout.write(`Applied ${name}\n`)
      if (names.length === 0) process.stdout.write('Nothing to do: the database is up to date.\n')
    }),
})
