import type { UserId } from '@parley/protocol/ids'
import type { User } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { inject, shallowReactive } from 'vue'
import { connectionKey } from '../realtime/connection.ts'
import { useSession } from './session.ts'

const mostPerCall = 100

/** People by their id, asked for together when they are first needed. */
export const usePeople = defineStore('people', () => {
  const connection = inject(connectionKey)!
  const session = useSession()
  const known = shallowReactive(new Map<UserId, User>())
  const asked = new Set<UserId>()
  let wanted: UserId[] = []

  async function load(): Promise<void> {
    const ids = wanted.splice(0, mostPerCall)
    if (wanted.length > 0) void load()
    try {
      const { users } = await connection.call('users.list', { ids, limit: mostPerCall })
      learn(users)
    } catch {
      // Shown as plain text until somebody needs them again.
      for (const id of ids) asked.delete(id)
    }
  }

  function want(id: UserId): void {
    if (asked.has(id)) return
    asked.add(id)
    wanted.push(id)
    if (wanted.length === 1) setTimeout(load)
  }

  function learn(users: readonly User[]): void {
    for (const { id, username } of users) known.set(id, { id, username })
  }

  function find(id: UserId): User | undefined {
    if (id === session.me) return session.user
    const user = known.get(id)
    if (!user) want(id)
    return user
  }

  return {
    learn,
    /** Those who are known; the others follow. */
    named: (ids: readonly UserId[]): User[] => ids.flatMap((id) => find(id) ?? []),
  }
})
