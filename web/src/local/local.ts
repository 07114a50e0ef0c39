import type { User } from '@parley/protocol/resources'
import { type InjectionKey, ref, type Ref } from 'vue'
import { deleteLocalDatabases, type LocalDatabase, openLocalDatabase } from './database.ts'
import { type Copies, createCopies } from './copies.ts'
import { databaseQueue } from './database-queue.ts'
import { keptQueue } from './kept-queue.ts'
import type { Queue } from './queue.ts'
import { createTabs, type Tabs } from './tabs.ts'

/** What this browser keeps for one person, and that person's other tabs. */
export interface Local {
  readonly user: User | undefined
  readonly db: LocalDatabase | undefined
  readonly queue: Queue
  readonly copies: Copies
  readonly tabs: Tabs | undefined
  /** False where what is written lasts only as long as the page. */
  readonly keeps: Ref<boolean>
  /** Something would be lost with this page. */
  isVolatile(): boolean
  /** Forgets everything of everybody, before signing out. */
  forget(): Promise<void>
}

export const localKey: InjectionKey<Local> = Symbol('local')

/** Opens what is kept for this person, and deletes what others left. */
export async function openLocal(user: User | undefined): Promise<Local> {
  const db = user && (await openLocalDatabase(user.id))
  if (user) db?.put('about', user, 'user').catch(console.error)
  if (user) deleteLocalDatabases(user.id).catch(console.error)
  const keeps = ref(db !== undefined)
  const { queue, isVolatile } = keptQueue(db && databaseQueue(db), () => (keeps.value = false))
  const tabs = user && createTabs(user.id)
  async function forget(): Promise<void> {
    db?.close()
    await deleteLocalDatabases(undefined).catch(console.error)
  }
  return { user, db, queue, copies: createCopies(db), tabs, keeps, isVolatile, forget }
}
