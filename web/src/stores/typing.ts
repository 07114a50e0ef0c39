import type { Change } from '@parley/protocol/changes'
import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { User } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { useSession } from './session.ts'

/** Whoever goes on writing says so every few seconds. */
const shownMs = 5_000

/** Who of the others is writing. */
export const useTyping = defineStore('typing', () => {
  const session = useSession()
  const writers = shallowReactive(new Map<ConversationId, readonly User[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const among = (id: ConversationId): readonly User[] => writers.get(id) ?? []

  function saw(id: ConversationId, user: User): void {
    if (user.id === session.me) return
    const key = `${id}:${user.id}`
    clearTimeout(timers.get(key))
    timers.set(
      key,
      setTimeout(() => stop(id, user.id), shownMs),
    )
    if (!among(id).some((other) => other.id === user.id)) writers.set(id, [...among(id), user])
  }

  function stop(id: ConversationId, userId: UserId): void {
    const key = `${id}:${userId}`
    clearTimeout(timers.get(key))
    if (!timers.delete(key)) return
    const rest = among(id).filter((user) => user.id !== userId)
    if (rest.length > 0) writers.set(id, rest)
    else writers.delete(id)
  }

  function apply(id: ConversationId, change: Change): void {
    if (change.type === 'message.created') stop(id, change.message.user.id)
    if (change.type === 'member.left') stop(id, change.user.id)
  }

  /** Without a connection nobody says when they stop. */
  function clear(): void {
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
    writers.clear()
  }

  return { among, saw, apply, clear }
})
