import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { Draft } from './database.ts'

/** What one tab tells the others of the same person. */
export type News =
  | { type: 'queue'; id: ConversationId; stored?: Message | undefined }
  | { type: 'draft'; key: string; draft: Draft | undefined }

export interface Tabs {
  tell(news: News): void
  listen(hear: (news: News) => void): void
  /** Runs `work` when no other tab runs work of this name; a tab that dies gives way. */
  exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result>
}

export function createTabs(userId: UserId): Tabs {
  const name = `parley-user-${userId}`
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(name)
  const inThisTab = inTurn()
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it has none
    tell: (news) => channel?.postMessage(news),
    listen(hear) {
      channel?.addEventListener('message', ({ data }) => hear(data))
    },
    exclusively: (what, work) =>
      // Only https and this machine have locks; elsewhere the server recognizes what comes twice.
      globalThis.navigator?.locks
        ? (navigator.locks.request(`${name}:${what}`, work) as ReturnType<typeof work>)
        : inThisTab(what, work),
  }
}

function inTurn(): Tabs['exclusively'] {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const result = (last.get(name) ?? Promise.resolve()).then(work)
    last.set(
      name,
      result.catch(() => {}),
    )
    return result
  }
}
