import type { ConversationId } from '@parley/protocol/ids'
import { watch } from 'vue'
import { type Copies, keptMessages } from '../local/copies.ts'
import type { PageCopy } from '../local/database.ts'
import { useConversations } from './conversations.ts'
import { useMessages } from './messages.ts'
import { endVisit, hasGap, isLoaded, type Timeline, windowOf } from './timeline.ts'

const writeAfterMs = 1_000

/** Keeps a copy of what is shown, a second behind. */
export function keepCopies({ keep }: Copies): void {
  const conversations = useConversations()
  const messages = useMessages()
  const written = new Map<ConversationId, Timeline>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    // What an earlier page left is better than nothing.
    if (!conversations.ready) return
    const pages = conversations.list.flatMap(({ id }) => {
      const timeline = messages.timeline(id)
      if (written.get(id) === timeline || !isLoaded(timeline) || hasGap(timeline)) return []
      written.set(id, timeline)
      return [pageOf(id, messages.epoch(id), timeline)]
    })
    void keep(conversations.list, pages)
  }

  watch(
    () => [conversations.list, conversations.list.map(({ id }) => messages.timeline(id))],
    () => (timer ??= setTimeout(write, writeAfterMs)),
    { immediate: true },
  )
  document.addEventListener('visibilitychange', write)
  addEventListener('pagehide', write)
}

function pageOf(conversationId: ConversationId, epoch: string, timeline: Timeline): PageCopy {
  // Whatever else is looked at meanwhile, the end is copied.
  const window = windowOf(endVisit(timeline))
  const messages = window.slice(-keptMessages)
  const more = timeline.more || messages.length < window.length
  return { conversationId, epoch, messages, more, upTo: timeline.upTo }
}
