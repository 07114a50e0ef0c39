import { newToken, realtimeTokenOf, tokenHash } from '../chat/tokens.ts'
import type { Database } from '../database/database.ts'
import type { ConversationId } from '@parley/protocol/ids'
import {
  addRehearsalConversation,
  addRehearsalLogin,
  addRehearsalUsers,
  removeRehearsal,
  type RehearsalUser,
} from '../database/rehearsal.ts'
import { Device } from './device.ts'
import type { Fault } from './faults.ts'
import type { StoredLine } from './judge.ts'
import { Latencies } from './latencies.ts'
import { newTally, Person } from './person.ts'
import type { Stage } from './run.ts'
import type { Server } from './server.ts'
import { StageError } from './stage-error.ts'

interface StageOptions {
  /** Names everything that is made for it. */
  run: string
  db: Database
  server: Server
  faults: Fault[]
  lastFault: Fault
  users: number
  conversations: number
  /** How long the logins are good. */
  lifetimeMs: number
}

/** Everybody is in about this share of the conversations. */
const memberShare = 1 / 2
const connectingAtOnce = 8
const pageEntries = 1_000

/** Makes people and conversations in the database and connects the people through the network. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { db, run, server } = options
  const users = await addRehearsalUsers(db.pool, run, options.users)
  const conversations = await addConversations(options, users)
  const tally = newTally()
  const latencies = new Latencies()
  const people = await Promise.all(
    users.map(async ({ id, username }) => {
      const cookie = await signedIn(db, id, options.lifetimeMs)
      const device = new Device(server, cookie, { seen: (change) => latencies.seen(change) })
      const own = conversations.filter(({ memberIds }) => memberIds.includes(id))
      const ids = own.map((conversation) => conversation.id)
      return { username, cookie, person: new Person({ device, server, cookie }, ids, tally) }
    }),
  )
  await checkServer(server, people[0]!)
  for (let first = 0; first < people.length; first += connectingAtOnce)
    await Promise.all(
      people.slice(first, first + connectingAtOnce).map(({ person }) => person.device.connect()),
    )
  return {
    people,
    conversationIds: conversations.map(({ id }) => id),
    faults: options.faults,
    lastFault: options.lastFault,
    tally,
    latencies,
    stored: (id) => storedLine(db, id),
    tops: async () => (await db.changes.tops(conversations.map(({ id }) => id))).tops,
  }
}

/** Removes what `setStage` made, and what runs that were killed left behind. */
export async function clearStage(db: Database, run: string): Promise<void> {
  await removeRehearsal(db.pool, run)
  await removeRehearsal(db.pool)
}

async function addConversations(
  { db, run, conversations }: StageOptions,
  users: RehearsalUser[],
): Promise<{ id: ConversationId; memberIds: number[] }[]> {
  const added = []
  for (let index = 0; index < conversations; index++) {
    const chosen = users.filter(
      (_, n) => n % conversations === index || Math.random() < memberShare,
    )
    const memberIds = chosen.map(({ id }) => id)
    const id = await addRehearsalConversation(db.pool, `${run} ${index + 1}`, memberIds)
    added.push({ id, memberIds })
  }
  return added
}

/** @throws StageError where another server, or none, is there */
async function checkServer(
  server: Server,
  { cookie, username }: { cookie: string; username: string },
): Promise<void> {
  const where = server.url.origin
  const answer = await server
    .call('GET', '/api/users/me', cookie, undefined)
    .catch((error: Error) => {
      throw new StageError(`${where} does not answer (${error.message}).`)
    })
  if (answer.body?.user?.username === username) return
  throw new StageError(
    answer.status === 401
      ? `${where} does not know the database that is configured here: run this where its configuration is, or name the right --url.`
      : `${where} is not a Parley, or not well: it answered ${answer.status}.`,
  )
}

async function signedIn(db: Database, userId: number, lifetimeMs: number): Promise<string> {
  const token = newToken()
  const realtimeHash = tokenHash(realtimeTokenOf(token))
  await addRehearsalLogin(
    db.logins,
    userId,
    { tokenHash: tokenHash(token), realtimeHash },
    lifetimeMs,
  )
  // Whether the server is reached over TLS or not decides the name.
  return `parley_login=${token}; __Host-parley_login=${token}`
}

async function storedLine(db: Database, conversationId: ConversationId): Promise<StoredLine> {
  const line: StoredLine = { conversationId, lastSeq: 0, changes: [] }
  for (;;) {
    const after = line.changes.at(-1)?.seq ?? 0
    const [page] = await db.changes.after([{ conversationId, after }], pageEntries)
    if (!page) return line
    line.lastSeq = page.lastSeq
    line.changes.push(...page.changes)
    if (page.changes.length < pageEntries) return line
  }
}
