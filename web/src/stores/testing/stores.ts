import { createPinia, setActivePinia } from 'pinia'
import { createApp, ref } from 'vue'
import { createCopies } from '../../local/copies.ts'
import { localKey } from '../../local/local.ts'
import { memoryQueue } from '../../local/queue.ts'
import { connectionKey, type Connection } from '../../realtime/connection.ts'
import { useSession } from '../session.ts'
import { john } from './builders.ts'

/** Stores of a page of their own, where john is signed in. */
export function aPage(call: (name: string, input: any) => Promise<any> = async () => ({})): void {
  const app = createApp({})
  const pinia = createPinia()
  app.provide(connectionKey, { call, start() {} } as Connection)
  app.provide(localKey, {
    ...{ user: john, db: undefined, queue: memoryQueue(), copies: createCopies(undefined) },
    ...{ tabs: undefined, keeps: ref(false), isVolatile: () => false, forget: async () => {} },
  })
  app.use(pinia)
  setActivePinia(pinia)
  useSession().connected(john, Date.now())
}
