import type { ConversationId, Seq, UserId } from '@parley/protocol/ids'
import type { Conversation, Message, User } from '@parley/protocol/resources'
import { deleteDB, openDB, unwrap, wrap, type DBSchema, type IDBPDatabase } from 'idb'
import type { Outgoing } from './queue.ts'

/** What has been begun to write. */
export interface Draft {
  readonly text: string
  readonly replyingTo?: Message | undefined
}

/** The newest messages of a conversation, without holes from `from` to `upTo`. */
export interface PageCopy {
  readonly conversationId: ConversationId
  readonly epoch: string
  readonly messages: readonly Message[]
  readonly more: boolean
  readonly upTo: Seq
}

interface Schema extends DBSchema {
  outbox: {
    key: number
    value: Outgoing
    indexes: { clientKey: string; conversationId: number }
  }
  drafts: { key: string; value: Draft }
  conversations: { key: number; value: Conversation }
  pages: { key: number; value: PageCopy }
  /** Whose it is, under `user`; absent while nobody is signed in. */
  about: { key: string; value: User }
}

export type LocalDatabase = IDBPDatabase<Schema>

const version = 2
/** A browser that does not answer by then keeps nothing. */
const patienceMs = 3_000
const prefix = 'parley-user-'

/** One per person, so that nothing is ever mixed. Undefined where the browser keeps nothing. */
export async function openLocalDatabase(userId: UserId): Promise<LocalDatabase | undefined> {
  if (!globalThis.indexedDB) return undefined
  const opening = openDB<Schema>(`${prefix}${userId}`, version, {
    upgrade: createStores,
    // Somebody signs out in another tab, or a newer page opens it.
    blocking: (_now, _wanted, event) => (event.target as IDBDatabase).close(),
  })
  try {
    return quiet(await Promise.race([opening, timeout(patienceMs)]))
  } catch (error) {
    console.error('this browser keeps nothing', error)
    opening.then((late) => late.close()).catch(() => {})
    return undefined
  }
}

/** Who only reads does not ask how a transaction ended: where the disk fails it would end uncaught. */
function quiet(db: LocalDatabase): LocalDatabase {
  const native = unwrap(db)
  native.transaction = (...details) => {
    const transaction = IDBDatabase.prototype.transaction.apply(native, details)
    wrap(transaction).done.catch(() => {})
    return transaction
  }
  return db
}

/** Deletes what others, or with `undefined` anybody, left in this browser. */
export async function deleteLocalDatabases(except: UserId | undefined): Promise<void> {
  const deleting = localUsers().then((all) => {
    const foreign = all.filter((userId) => userId !== except)
    return Promise.all(foreign.map((userId) => deleteDB(`${prefix}${userId}`)))
  })
  await Promise.race([deleting, timeout(patienceMs)])
}

/** Whose databases there are. */
export async function localUsers(): Promise<UserId[]> {
  const all = (await globalThis.indexedDB?.databases?.().catch(() => [])) ?? []
  const names = all.map(({ name }) => name ?? '').filter((name) => name.startsWith(prefix))
  return names.map((name) => Number(name.slice(prefix.length)))
}

function createStores(db: LocalDatabase, oldVersion: number): void {
  db.createObjectStore('about')
  if (oldVersion > 0) return
  const outbox = db.createObjectStore('outbox', { autoIncrement: true })
  outbox.createIndex('clientKey', 'clientKey', { unique: true })
  outbox.createIndex('conversationId', 'conversationId')
  db.createObjectStore('drafts')
  db.createObjectStore('conversations', { keyPath: 'id' })
  db.createObjectStore('pages', { keyPath: 'conversationId' })
}

const timeout = (ms: number) =>
  new Promise<never>((_resolve, reject) =>
    setTimeout(() => reject(new Error(`no answer for ${ms} ms`)), ms),
  )

/** By signing out, here or in another tab. */
export const isClosed = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'InvalidStateError'
