import type { ConversationId, Seq } from '@parley/protocol/ids'
import { computed, type Ref } from 'vue'
import { useMessages } from '../../stores/messages.ts'
import { usePositions } from '../../stores/positions.ts'
import { useSession } from '../../stores/session.ts'
import { isLoaded, startOfShown } from '../../stores/timeline.ts'
import { buildRows, reuseRows, type Row } from './message-rows.ts'
import { buildReceipts } from './receipts.ts'

/** What the timeline of a conversation consists of; of one that is not shown, what was there last. */
export function useTimelineContent(
  id: ConversationId,
  shown: () => boolean,
  readUpTo: Ref<Seq | undefined>,
) {
  const messages = useMessages()
  const positions = usePositions()
  const session = useSession()

  const whileShown = <Value>(get: (before: Value | undefined) => Value) =>
    computed<Value>((before) => (shown() || before === undefined ? get(before) : before))

  const timeline = whileShown(() => messages.timeline(id))
  const stored = whileShown(() => messages.messages(id))
  const isLive = () => timeline.value.visit === undefined
  const outgoing = whileShown(() => (isLive() ? messages.outgoing(id) : []))
  const changes = whileShown(() => messages.changes(id))

  const rows = computed<readonly Row[]>((before = []) => {
    const { more } = startOfShown(timeline.value)
    const source = { messages: stored.value, outgoing: outgoing.value, changes: changes.value }
    const now = buildRows({ ...source, more, me: session.me, readUpTo: readUpTo.value })
    return reuseRows(before, now)
  })

  const receipts = whileShown<ReturnType<typeof buildReceipts>>((before) => {
    const now = buildReceipts(stored.value, positions.of(id), session.me)
    return before?.size === 0 && now.size === 0 ? before : now
  })

  const loaded = computed(() => isLoaded(timeline.value) || !isLive())
  const isEmpty = computed(() => stored.value.length === 0)
  return { timeline, stored, rows, receipts, loaded, isEmpty, isLive }
}
