import tables from './migrations/0001-tables.sql'
import lineFunctions from './migrations/0002-line-functions.sql'
import stream from './migrations/0003-stream.sql'
import reads from './migrations/0004-reads.sql'
import lineage from './migrations/0005-lineage.sql'
import repliesIndex from './migrations/0006-replies-index.sql'
import conversations from './migrations/0007-conversations.sql'
import messages from './migrations/0008-messages.sql'
import owners from './migrations/0009-owners.sql'
import repeats from './migrations/0010-repeats.sql'
import joinsIndex from './migrations/0011-joins-index.sql'

export interface Migration {
  number: number
  name: string
  sql: string
}

/** Forward only, in order. A released one is never edited: its checksum is in the database. */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'tables', sql: tables },
  { number: 2, name: 'line-functions', sql: lineFunctions },
  { number: 3, name: 'stream', sql: stream },
  { number: 4, name: 'reads', sql: reads },
  { number: 5, name: 'lineage', sql: lineage },
  { number: 6, name: 'replies-index', sql: repliesIndex },
  { number: 7, name: 'conversations', sql: conversations },
  { number: 8, name: 'messages', sql: messages },
  { number: 9, name: 'owners', sql: owners },
  { number: 10, name: 'repeats', sql: repeats },
  { number: 11, name: 'joins-index', sql: joinsIndex },
]
