import type { ConversationId } from '@parley/protocol/ids'
import type { Connection } from '../realtime/connection.ts'
import {
  applyChanges,
  applyNewestPage,
  emptyTimeline,
  hasGap,
  isLoaded,
  type Timeline,
} from './timeline.ts'

interface Needs {
  call: Connection['call']
  timeline(id: ConversationId): Timeline
  put(id: ConversationId, timeline: Timeline): void
  /** The server counts in this epoch now: what it stored in another it may have lost. */
  numbered(id: ConversationId, epoch: string): void
  sleep(ms: number): Promise<void>
}

export interface CatchUp {
  /** Loads the newest page, or what is missing after it, and tries again until it succeeds. */
  start(id: ConversationId): Promise<void>
  /** The server has (re)subscribed us; `complete` means that nothing was missed. */
  subscribed(id: ConversationId, epoch: string, complete: boolean): void
  /** Empty before the first subscription. */
  epoch(id: ConversationId): string
  /** What was copied in this epoch is shown from now on; false where it does not hold any more. */
  continues(id: ConversationId, epoch: string): boolean
}

const retryMs = 2_000
/** Beyond this many changes the newest page is cheaper. */
const furthest = 1_500

/** Brings a conversation's loaded messages up to date where the live changes did not. */
export function createCatchUp({ call, timeline, put, numbered, sleep }: Needs): CatchUp {
  const running = new Set<ConversationId>()
  const behind = new Set<ConversationId>()
  const epochs = new Map<ConversationId, string>()

  async function start(id: ConversationId): Promise<void> {
    behind.add(id)
    if (running.has(id)) return
    running.add(id)
    while (behind.delete(id)) {
      try {
        await bringUpToDate(id)
      } catch (error) {
        if (!isTemporary(error)) break
        behind.add(id)
        await sleep(retryMs)
      }
    }
    running.delete(id)
  }

  async function bringUpToDate(id: ConversationId): Promise<void> {
    const before = timeline(id)
    if (!isLoaded(before)) return loadNewest(id)
    const epoch = epochs.get(id)
    const page = await call('conversations.changes', {
      id,
      after: before.upTo,
      ...(epoch ? { epoch } : {}),
    })
    if (epochs.get(id) !== epoch) return void behind.add(id)
    if (page.reset || page.lastSeq - before.upTo > furthest) return reload(id)
    put(id, applyChanges(timeline(id), page))
    const { upTo } = timeline(id)
    if (upTo >= page.lastSeq && !hasGap(timeline(id))) return
    behind.add(id)
    if (upTo === before.upTo) await sleep(retryMs)
  }

  async function loadNewest(id: ConversationId): Promise<void> {
    const epoch = epochs.get(id)
    const page = await call('messages.list', { conversationId: id, limit: 50 })
    if (epoch !== undefined && epochs.get(id) !== epoch) return void behind.add(id)
    put(id, applyNewestPage(timeline(id), page))
  }

  async function reload(id: ConversationId): Promise<void> {
    put(id, emptyTimeline)
    await loadNewest(id)
  }

  return {
    start,
    epoch: (id) => epochs.get(id) ?? '',
    continues(id, epoch) {
      if (!epochs.has(id)) epochs.set(id, epoch)
      return epochs.get(id) === epoch
    },
    subscribed(id, epoch, complete) {
      const isOther = epochs.has(id) && epochs.get(id) !== epoch
      const isOpen = timeline(id) !== emptyTimeline || (isOther && running.has(id))
      epochs.set(id, epoch)
      if (isOther && isLoaded(timeline(id))) put(id, emptyTimeline)
      numbered(id, epoch)
      if (isOpen && (!complete || isOther || behind.has(id))) void start(id)
    },
  }
}

const isTemporary = (error: unknown): boolean =>
  (error as { temporary?: boolean }).temporary === true
