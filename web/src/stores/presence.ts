import type { ConversationId, UserId } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import { useSession } from './session.ts'

type Change = { id: UserId; online: boolean }

/** Who is online, of the people with whom I share a small conversation. */
export const usePresence = defineStore('presence', () => {
  const session = useSession()
  /** What each conversation's state said last, and what was told since. */
  const stated = shallowReactive(new Map<ConversationId, ReadonlySet<UserId>>())
  const told = shallowReactive(new Set<UserId>())
  const online = computed(() => {
    const everybody = new Set(told)
    for (const ids of stated.values()) for (const id of ids) everybody.add(id)
    return everybody
  })

  /** The whole state of a conversation; undefined where it tells nobody of the others. */
  function replace(id: ConversationId, ids: readonly UserId[] | undefined): void {
    if (ids) stated.set(id, new Set(ids))
    else stated.delete(id)
  }

  function apply(changes: readonly Change[]): void {
    for (const { id, online: came } of changes) {
      if (came) told.add(id)
      else forget(id)
    }
  }

  function forget(user: UserId): void {
    told.delete(user)
    for (const [id, ids] of stated) {
      if (ids.has(user)) stated.set(id, new Set([...ids].filter((other) => other !== user)))
    }
  }

  return {
    replace,
    apply,
    /** Every conversation's state comes anew, and what was told in the meantime may be lost. */
    restart: () => told.clear(),
    drop: (id: ConversationId) => stated.delete(id),
    /** Nobody, as far as one can tell, while the server is out of reach. */
    isOnline: (id: UserId): boolean => !session.lost && online.value.has(id),
  }
})
