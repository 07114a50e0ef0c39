import { isClosed, type LocalDatabase } from './database.ts'
import { memoryQueue, type Queue } from './queue.ts'

/** On disk before `add` resolves, also when the machine loses power. */
const durable = { durability: 'strict' } as const

/** In IndexedDB; its keys are the order. */
function databaseQueue(db: LocalDatabase): Queue {
  return {
    all: () => db.getAll('outbox'),
    of: (id) => db.getAllFromIndex('outbox', 'conversationId', id),
    async add(outgoing, draft) {
      const write = db.transaction(['outbox', 'drafts'], 'readwrite', durable)
      await Promise.all([
        write.objectStore('outbox').add(outgoing),
        draft !== undefined && write.objectStore('drafts').delete(draft),
        write.done,
      ])
    },
    async change(clientKey, change, place = 'same') {
      const { store, done } = db.transaction('outbox', 'readwrite', durable)
      async function apply(): Promise<void> {
        const cursor = await store.index('clientKey').openCursor(clientKey)
        if (!cursor) return
        const next = change(cursor.value)
        if (next && place === 'same') await cursor.update(next)
        else await cursor.delete()
        if (next && place === 'end') await store.add(next)
      }
      await Promise.all([apply(), done])
    },
  }
}

interface Kept {
  queue: Queue
  /** Something is in this page only. */
  isVolatile(): boolean
}

/** What the browser does not take (no storage, no room), the page keeps while it is open. */
export function keptQueue(db: LocalDatabase | undefined, failed: () => void): Kept {
  const memory = memoryQueue()
  if (!db) return { queue: memory, isVolatile: () => !memory.isEmpty() }
  const kept = databaseQueue(db)
  const none = (error: unknown) => {
    if (!isClosed(error)) console.error('this browser does not say what it keeps', error)
    return []
  }
  const queue: Queue = {
    all: async () => [...(await kept.all().catch(none)), ...(await memory.all())],
    of: async (id) => [...(await kept.of(id).catch(none)), ...(await memory.of(id))],
    async add(outgoing, draft) {
      try {
        await kept.add(outgoing, draft)
      } catch (error) {
        console.error('this browser does not keep what is written', error)
        failed()
        await memory.add(outgoing)
      }
    },
    async change(clientKey, change, place) {
      await memory.change(clientKey, change, place)
      await kept.change(clientKey, change, place).catch(none)
    },
  }
  return { queue, isVolatile: () => !memory.isEmpty() }
}
