import type { Settings } from '@parley/protocol/state'
import { defineStore } from 'pinia'
import { inject, ref } from 'vue'
import { connectionKey } from '../realtime/connection.ts'

/** What I have set for myself on the server, the same in all my browsers. */
export const useSettings = defineStore('settings', () => {
  const connection = inject(connectionKey)!
  /** Undefined until it was asked for. */
  const settings = ref<Settings>()

  async function load(): Promise<void> {
    settings.value = (await connection.call('users.settings', {})).settings
  }

  async function change(wanted: Partial<Settings>): Promise<void> {
    settings.value = (await connection.call('users.changeSettings', wanted)).settings
  }

  const apply = (now: Settings) => (settings.value = now)

  return { settings, load, change, apply }
})
