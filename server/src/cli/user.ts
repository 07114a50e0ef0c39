import { username as usernameRule } from '@parley/protocol/fields'
import { defineCommand } from 'citty'
import { createPasswords } from '../chat/passwords.ts'
import { accountsIn, type Accounts } from '../database/accounts.ts'
import { Failure } from './failure.ts'
import { readPassword } from './password.ts'
import { tableOf } from './table.ts'
import { withStorage } from './with-storage.ts'

const name = { type: 'positional', required: true, description: 'The username' } as const

const withAccounts = (work: (accounts: Accounts) => Promise<string>): Promise<void> =>
  withStorage('user', { database: 'migrated' }, async ({ db }) => {
    process.stdout.write(await work(accountsIn(db.pool)))
  })

const known = (username: string, isFound: boolean): void => {
  if (!isFound)
    throw new Failure(`There is no user "${username}": "parley user list" names them all.`)
}

const add = defineCommand({
  meta: { name: 'add', description: 'Add a user; asks for the password, or reads it from a pipe' },
  args: { name },
  async run({ args }) {
    const rule = usernameRule.safeParse(args.name)
    if (!rule.success) throw new Failure(`The username ${rule.error.issues[0]!.message}.`)
    const hash = await createPasswords().hash(await readPassword())
    await withAccounts(async (accounts) => {
      const id = await accounts.insert(rule.data, hash)
      if (id === undefined) throw new Failure(`There is a user "${rule.data}" already.`)
      return `Added ${rule.data} (${id}).\n`
    })
  },
})

const list = defineCommand({
  meta: { name: 'list', description: 'List all users' },
  run: () =>
    withAccounts(async (accounts) => {
      const rows = (await accounts.list()).map((each) => [
        each.id,
        each.username,
        each.disabled ? 'disabled' : 'active',
        each.conversations,
        each.createdAt.toISOString().slice(0, 10),
      ])
      return tableOf(['Id', 'Username', 'State', 'Conversations', 'Since'], rows)
    }),
})

const password = defineCommand({
  meta: { name: 'password', description: 'Set a new password and sign the user out everywhere' },
  args: { name },
  async run({ args }) {
    const hash = await createPasswords().hash(await readPassword())
    await withAccounts(async (accounts) => {
      known(args.name, await accounts.setPassword(args.name, hash))
      return `${args.name} has a new password and is signed out everywhere.\n`
    })
  },
})

const disable = defineCommand({
  meta: { name: 'disable', description: 'Sign a user out everywhere and for good' },
  args: { name },
  run: ({ args }) =>
    withAccounts(async (accounts) => {
      known(args.name, await accounts.disable(args.name))
      return `${args.name} can no longer sign in.\n`
    }),
})

const enable = defineCommand({
  meta: { name: 'enable', description: 'Let a disabled user sign in again' },
  args: { name },
  run: ({ args }) =>
    withAccounts(async (accounts) => {
      known(args.name, await accounts.enable(args.name))
      return `${args.name} can sign in again.\n`
    }),
})

export const user = defineCommand({
  meta: { name: 'user', description: 'Add, list and change users' },
  subCommands: { add, list, password, disable, enable },
})
