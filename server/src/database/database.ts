import type { Logger } from '../logger.ts'
import { noMetrics, type Metrics } from '../metrics.ts'
import { changesIn, type Changes } from './changes.ts'
import { conversationsIn, type Conversations } from './conversations.ts'
import { createLineage, type Lineage } from './lineage/lineage.ts'
import { loginsIn, type Logins } from './logins.ts'
import { membersIn, type Members } from './members.ts'
import { messageListsIn, type MessageLists } from './message-lists.ts'
import { messagesIn, type Messages } from './messages.ts'
import { isMigrated } from './migrate.ts'
import { openPool, type ConnectionOptions, type Pool } from './pool.ts'
import { profilesIn, type Profiles } from './profiles.ts'
import { publicMessagesIn, type PublicMessages } from './public-messages.ts'
import { streamSourceIn, type StreamSource } from './stream-source.ts'
import { readsIn, type Reads } from './reads.ts'
import { usersIn, type Users } from './users.ts'

export interface Database {
  changes: Changes
  conversations: Conversations
  lineage: Lineage
  logins: Logins
  members: Members
  messageLists: MessageLists
  messages: Messages
  profiles: Profiles
  publicMessages: PublicMessages
  streamSource: StreamSource
  reads: Reads
  users: Users
  pool: Pool
  /** Whether the database answers and has at least the tables of this version. */
  isMigrated(): Promise<boolean>
  /** Counts what is written from now on. */
  measure(metrics: Metrics): void
  /** Connections by state, and callers that wait for one. */
  usage(): Record<'busy' | 'idle' | 'waiting', number>
  close(): Promise<void>
}

const readersMax = 10
const writerCount = 2

/** Opens the connections; the schema must be there (`migrate`). */
export function openDatabase(
  connection: ConnectionOptions,
  { log, applicationName }: { log: Logger; applicationName: string },
): Database {
  const lineage = createLineage(() => pool, log)
  const open = (max: number) =>
    openPool({
      ...connection,
      max,
      applicationName,
      onError: (error) => log.warn({ err: error }, 'lost a database connection'),
      onConnect: lineage.check,
    })
  let metrics = noMetrics
  const pool: Pool = open(readersMax)
  const writers = Array.from({ length: writerCount }, () => open(1))
  return {
    changes: changesIn(pool),
    conversations: conversationsIn(pool),
    lineage,
    logins: loginsIn(pool),
    members: membersIn(pool),
    messageLists: messageListsIn(pool),
    messages: messagesIn(pool, writers, (size) => metrics.batch(size)),
    profiles: profilesIn(pool),
    publicMessages: publicMessagesIn(pool),
    streamSource: streamSourceIn(pool),
    reads: readsIn(pool),
    users: usersIn(pool),
    pool,
    isMigrated: () => isMigrated(pool),
    measure: (next) => void (metrics = next),
    usage: () => usageOf([pool, ...writers]),
    async close() {
      await Promise.all([pool, ...writers].map((each) => each.close()))
    },
  }
}

function usageOf(pools: Pool[]): Record<'busy' | 'idle' | 'waiting', number> {
  const usages = pools.map((each) => each.usage())
  const sum = (of: (usage: (typeof usages)[number]) => number) =>
    usages.reduce((total, usage) => total + of(usage), 0)
  return {
    busy: sum(({ total, idle }) => total - idle),
    idle: sum(({ idle }) => idle),
    waiting: sum(({ waiting }) => waiting),
  }
}
