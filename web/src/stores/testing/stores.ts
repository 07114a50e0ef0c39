import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { connectionKey, type Connection } from '../../realtime/connection.ts'
import { useSession } from '../session.ts'
import { john } from './builders.ts'

/** Stores of a page of their own, where john is signed in. */
export function aPage(call: (name: string, input: any) => Promise<any> = async () => ({})): void {
  const app = createApp({})
  const pinia = createPinia()
  app.provide(connectionKey, { call, start() {} } as Connection)
  app.use(pinia)
  setActivePinia(pinia)
  useSession().connected(john)
}
