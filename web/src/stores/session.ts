import type { User } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

/** A cut of two seconds is not worth a word, and a slow network takes one to connect again. */
const patienceMs = 3_000

/** Who is signed in here, and whether the server can be reached. */
export const useSession = defineStore('session', () => {
  const user = ref<User>()
  const online = ref(false)
  const lost = ref(false)
  /** The server refuses this page, and loading it again did not help. */
  const refused = ref(false)
  /** By so much the clock of this device is ahead of the server's. */
  let aheadMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function connected(who: User, serverMs: number): void {
    clearTimeout(timer)
    timer = undefined
    user.value = who
    aheadMs = Date.now() - serverMs
    online.value = true
    lost.value = false
    refused.value = false
  }

  function disconnected(): void {
    online.value = false
    timer ??= setTimeout(() => (lost.value = true), patienceMs)
  }

  return {
    user,
    me: computed(() => user.value?.id),
    online,
    lost,
    refused,
    connected,
    disconnected,
    /** In ms since 1970, as the server counts. */
    serverNow: () => Date.now() - aheadMs,
  }
})
