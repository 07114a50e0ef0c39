import { defineCommand } from 'citty'
import { createPasswords } from '../chat/passwords.ts'
import { demoPassword, seedDemo } from '../database/demo.ts'
import { seedMany } from '../database/factory.ts'
import { asCount } from './arguments.ts'
import { createProgress } from './progress.ts'
import { withStorage } from './with-storage.ts'

const amount = (description: string, fallback: number) =>
  ({ type: 'string', valueHint: 'number', default: String(fallback), description }) as const

export const seed = defineCommand({
  meta: { name: 'seed', description: 'Fill the database with made-up users and messages' },
  args: {
    users: amount('Users to add; nobody can sign in as them until they get a password', 20),
    conversations: amount('Conversations to add; with 0, existing ones get the messages', 10),
    messages: amount('Messages to write', 1_000),
  },
  async run({ args }) {
    const amounts = {
      users: asCount('users', args.users, 0),
      conversations: asCount('conversations', args.conversations, 0),
      messages: asCount('messages', args.messages, 0),
    }
    await withStorage('seed', { database: 'migrated' }, async ({ db }) => {
      const startMs = Date.now()
      const isFresh = await seedDemo(db.pool, await createPasswords().hash(demoPassword))
      const added = await seedMany(db.pool, amounts, createProgress('messages', amounts.messages))
      const seconds = ((Date.now() - startMs) / 1_000).toFixed(1)
      if (isFresh) process.stdout.write(`Added john and bill (password ${demoPassword}).\n`)
      process.stdout.write(
        `Added ${added.users} users, ${added.conversations} conversations and ${added.messages} messages in ${seconds} s.\n`,
      )
    })
  },
})
