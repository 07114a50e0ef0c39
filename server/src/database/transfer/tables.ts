import type { Queryable } from '../pool.ts'

/** A table as it is carried from one database to another. */
export interface Table {
  name: string
  /** In the table's own order, without generated ones. */
  columns: string[]
  /** The primary key: rows travel in its order, so that equal tables have equal bytes. */
  key: string[]
}

/** Not carried: what a database is made of itself, and the name of its numbering. */
const own = ['migrations', 'epoch']

interface TableRow extends Table {
  references: string[]
}

/** The tables of this schema, each after the ones it refers to. */
export async function tablesIn(db: Queryable): Promise<Table[]> {
  const rows = await db.query<TableRow>({
    text: `select c.relname as name,
        array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0
          and not attisdropped and attgenerated = '' order by attnum) as columns,
        array(select a.attname::text from pg_index i cross join unnest(i.indkey) with ordinality k(attnum, n)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
          where i.indrelid = c.oid and i.indisprimary order by k.n) as key,
        array(select f.confrelid::regclass::text from pg_constraint f
          where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as references
      from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
        and c.relname <> all($1) order by c.relname`,
    values: [own],
  })
  return inOrder(rows).map(({ name, columns, key }) => ({ name, columns, key }))
}

function inOrder(rows: TableRow[]): TableRow[] {
  const placed: TableRow[] = []
  const isPlaced = (name: string) => placed.some((row) => row.name === name)
  while (placed.length < rows.length) {
    const next = rows.find((row) => !isPlaced(row.name) && row.references.every(isPlaced))
    if (!next) throw new Error('cannot happen: tables refer to each other in a circle')
    placed.push(next)
  }
  return placed
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const list = (names: string[]): string => names.map(quoted).join(', ')

export const copyOutStatement = ({ name, columns, key }: Table): string =>
  `copy (select ${list(columns)} from ${quoted(name)} order by ${list(key)}) to stdout`

export const copyInStatement = ({ name, columns }: Pick<Table, 'name' | 'columns'>): string =>
  `copy ${quoted(name)} (${list(columns)}) from stdin`

export const countStatement = ({ name }: Table): string =>
  `select count(*) as count from ${quoted(name)}`

export const truncateStatement = (tables: Table[]): string =>
  `truncate ${list(tables.map(({ name }) => name))}`

/** Identity columns continue after what was copied in. */
export const continueStatement = ({ name, columns }: Table): string | undefined =>
  columns.includes('id')
    ? `select setval(pg_get_serial_sequence('${name}', 'id'), greatest(max(id), 1), max(id) is not null) from ${quoted(name)}`
    : undefined
