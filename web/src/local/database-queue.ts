import type { LocalDatabase } from './database.ts'
import type { Queue } from './queue.ts'

/** On disk before `add` resolves, also when the machine loses power. */
const durable = { durability: 'strict' } as const

/** In IndexedDB; its keys are the order. */
export function databaseQueue(db: LocalDatabase): Queue {
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
