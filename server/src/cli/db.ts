import { defineCommand } from 'citty'
import { schemaIn, type TableDetails } from '../database/schema.ts'
import { Failure } from './failure.ts'
import { tableOf } from './table.ts'
import { withStorage } from './with-storage.ts'

const list = defineCommand({
  meta: { name: 'list', description: 'List the tables and how many rows each has' },
  run: () =>
    withStorage('db', { database: 'existing' }, async ({ db }) => {
      const tables = await schemaIn(db.pool).tables()
      if (tables.length === 0) throw new Failure('There are no tables yet: run "parley migrate".')
      const rows = tables.map(({ name, rows, estimated }) => [name, rows, estimated ? 'about' : ''])
      process.stdout.write(tableOf(['Table', 'Rows', ''], rows))
    }),
})

const table = defineCommand({
  meta: { name: 'table', description: 'Show columns, indexes and foreign keys of a table' },
  args: { name: { type: 'positional', required: true, description: 'The table, such as users' } },
  run: ({ args: { name } }) =>
    withStorage('db', { database: 'existing' }, async ({ db }) => {
      const details = await schemaIn(db.pool).table(name)
      if (!details)
        throw new Failure(`There is no table "${name}": "parley db list" names the tables.`)
      process.stdout.write(describe(details))
    }),
})

function describe({ columns, indexes, foreignKeys }: TableDetails): string {
  const parts = [
    tableOf(
      ['Column', 'Type', 'Null', 'Default'],
      columns.map((each) => [each.name, each.type, each.nullable ? 'yes' : 'no', each.default]),
    ),
    tableOf(
      ['Index', 'Unique', 'On'],
      indexes.map((each) => [each.name, each.unique ? 'yes' : 'no', each.definition]),
    ),
    tableOf(
      ['Foreign key', 'Rule'],
      foreignKeys.map((each) => [each.name, each.definition]),
    ),
  ]
  const isFilled = [true, indexes.length > 0, foreignKeys.length > 0]
  return parts.filter((_, index) => isFilled[index]).join('\n')
}

export const db = defineCommand({
  meta: { name: 'db', description: 'Look into the database' },
  subCommands: { list, table },
})
