import type { Settings } from '@parley/protocol/state'
import { defineStore } from 'pinia'
import { inject, ref } from 'vue'
import { connectionKey } from '../realtime/connection.ts'

/** What I have set for myself on the server, the same in all my browsers. */
export const useSettings = defineStore('settings', () => {
  const connection = inject(connectionKey)!
  /** Undefined until it was asked for. */
  const settings = ref<Settings>()

  let news = 0

  /** What was heard while the server answered is newer than the answer. */
  async function load(): Promise<void> {
    const asked = news
    const answer = await connection.call('users.settings', {})
    if (asked === news) apply(answer.settings)
  }

  async function change(wanted: Partial<Settings>): Promise<void> {
    apply((await connection.call('users.changeSettings', wanted)).settings)
  }

  function apply(now: Settings): void {
    news++
    settings.value = now
  }

  return { settings, load, change, apply }
})
