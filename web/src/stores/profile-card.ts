import type { User } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

/** Whose card is open, and beside what. */
export const useProfileCard = defineStore('profile card', () => {
  const shown = shallowRef<{ user: User; anchor: HTMLElement }>()
  /** Tells one opening from the next. */
  const count = ref(0)

  function open(user: User, event: Event): void {
    count.value++
    shown.value = { user, anchor: event.currentTarget as HTMLElement }
  }

  return {
    ...{ shown, count, open },
    close: () => (shown.value = undefined),
  }
})
