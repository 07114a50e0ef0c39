import { defineCommand } from 'citty'
import { backup as writeBackup, restore as readBackup } from '../database/transfer/transfer.ts'
import { createProgress } from './progress.ts'
import { withStorage } from './with-storage.ts'

const file = {
  type: 'positional',
  required: true,
  description: 'The backup, such as parley.backup',
} as const

/** Draws a bar once the amount is known. */
export function progressOf(what: string): (done: number, total: number) => void {
  let draw: ((done: number) => void) | undefined
  return (done, total) => (draw ??= createProgress(what, total))(done)
}

export const backup = defineCommand({
  meta: {
    name: 'backup',
    description: 'Write everything into one file, also while the server runs',
  },
  args: { file },
  run: ({ args }) =>
    withStorage('backup', { database: 'existing' }, async (storage) => {
      await storage.migrate()
      const rows = await writeBackup(storage.connection, args.file, progressOf('rows'))
      process.stdout.write(`Wrote ${rows.toLocaleString('en')} rows to ${args.file}\n`)
    }),
})

export const restore = defineCommand({
  meta: { name: 'restore', description: 'Load a backup into an empty database, all or nothing' },
  args: {
    file,
    replace: {
      type: 'boolean',
      description: 'Replace what is in the database now',
      default: false,
    },
  },
  run: ({ args }) =>
    withStorage('restore', { database: 'migrated' }, async ({ connection }) => {
      const rows = await readBackup(connection, args.file, args, progressOf('rows'))
      process.stdout.write(`Restored ${rows.toLocaleString('en')} rows from ${args.file}\n`)
    }),
})
