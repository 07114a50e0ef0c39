import type { MessageId } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { useMessages } from './messages.ts'

/** A part of what I keep, as the server knew it when it was asked. */
interface Answer {
  ids: ReadonlySet<MessageId>
  /** What `ask` said. */
  asked: number
  /** Nothing else is kept. */
  isAll: boolean
}

/** Which messages I keep, as far as this page knows. */
export const useSaved = defineStore('saved', () => {
  const messages = useMessages()
  const known = shallowReactive(new Map<MessageId, boolean>())
  const heardAt = new Map<MessageId, number>()
  let now = 0

  const isOnItsWay = (id: MessageId): boolean =>
    messages
      .allUnstored()
      .some(({ kind, messageId }) => messageId === id && (kind === 'save' || kind === 'unsave'))

  return {
    has: (id: MessageId): boolean => known.get(id) ?? false,

    /** Of me, here or on another device. */
    hear(id: MessageId, keep: boolean): void {
      known.set(id, keep)
      heardAt.set(id, now)
    },

    /** Call it before asking the server: what is heard from then on is newer than its answer. */
    ask: (): number => ++now,

    answer({ ids, asked, isAll }: Answer): void {
      for (const id of isAll ? [...known.keys(), ...ids] : ids) {
        const isOlder = (heardAt.get(id) ?? -1) >= asked || isOnItsWay(id)
        if (!isOlder) known.set(id, ids.has(id))
      }
    },
  }
})
