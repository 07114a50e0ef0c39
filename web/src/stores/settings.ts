import type { Input, Output } from '@parley/protocol/operations'
import { defineStore } from 'pinia'
import { inject, ref } from 'vue'
import { connectionKey } from '../realtime/connection.ts'

type Settings = Output<'users.settings'>['settings']

/** What I have set for myself on the server, the same in all my browsers. */
export const useSettings = defineStore('settings', () => {
  const connection = inject(connectionKey)!
  /** Undefined until it was asked for. */
  const settings = ref<Settings>()

  async function load(): Promise<void> {
    settings.value = (await connection.call('users.settings', {})).settings
  }

  async function change(wanted: Input<'users.changeSettings'>): Promise<void> {
    settings.value = (await connection.call('users.changeSettings', wanted)).settings
  }

  return { settings, load, change }
})
