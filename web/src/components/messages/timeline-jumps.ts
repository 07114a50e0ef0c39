import type { ConversationId, MessageId, Seq } from '@parley/protocol/ids'
import { inject, nextTick, onScopeDispose, ref, type Ref, watchEffect } from 'vue'
import { connectionKey } from '../../realtime/connection.ts'
import { useMessageActions } from '../../stores/message-actions.ts'
import { useMessages } from '../../stores/messages.ts'
import { useSession } from '../../stores/session.ts'
import type { Row } from './message-rows.ts'
import type { useTimelineScroll } from './timeline-scroll.ts'

const markedForMs = 2_500

/** Leads to one place of the conversation, loading around it where it is not there yet. */
export function useTimelineJumps(
  id: ConversationId,
  rows: Ref<readonly Row[]>,
  scroll: Pick<ReturnType<typeof useTimelineScroll>, 'leaveEnd' | 'toRow' | 'toEnd' | 'placed'>,
) {
  const connection = inject(connectionKey)!
  const messages = useMessages()
  const actions = useMessageActions()
  const session = useSession()
  /** The message that somebody was led to, for a moment. */
  const target = ref<Seq>()
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  async function jump(to: { around: Seq } | { at: string }): Promise<void> {
    await actions.attempt(async () => {
      scroll.leaveEnd()
      const seq = await messages.visit(id, to)
      await nextTick()
      const index = rows.value.findIndex(({ message }) => message && message.seq >= seq)
      if (index < 0) return
      target.value = rows.value[index]!.message!.seq
      clearTimeout(timer)
      timer = setTimeout(() => (target.value = undefined), markedForMs)
      await scroll.toRow(index)
    })
    // It could not be shown, and nothing else is.
    if (!scroll.placed.value) scroll.toEnd()
  }

  /** The page may be open before the server has answered. */
  const connected = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = watchEffect(() => {
        if (!session.online) return
        resolve()
        queueMicrotask(() => stop())
      })
    })

  /** To a message of which only the id is known. */
  async function jumpToMessage(message: MessageId): Promise<void> {
    let around: Seq | undefined
    await connected()
    await actions.attempt(async () => {
      const answer = await connection.call('messages.get', { id: message })
      if (answer.message.conversationId === id) around = answer.message.seq
    })
    if (around === undefined) scroll.toEnd()
    else await jump({ around })
  }

  return { target, jump, jumpToMessage }
}
