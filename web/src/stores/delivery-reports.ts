import type { ConversationId, Seq } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'

interface Needs {
  report(positions: { id: ConversationId; seq: Seq }[]): Promise<unknown>
  /** How far the server knows it of me already. */
  known(id: ConversationId): Seq
  delayMs?: number
  retryMs?: number
}

export interface DeliveryReports {
  /** Changes up to this one have reached the page. */
  note(id: ConversationId, seq: Seq): void
  /** Its numbers begin anew. */
  drop(id: ConversationId): void
}

/** Tells the server what has reached this device: of all conversations together, once a second. */
export function createDeliveryReports({
  report,
  known,
  delayMs = 1_000,
  retryMs = 5_000,
}: Needs): DeliveryReports {
  const reached = new Map<ConversationId, Seq>()
  const reported = new Map<ConversationId, Seq>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const highest = (seqs: Map<ConversationId, Seq>, id: ConversationId, seq: Seq) =>
    seqs.set(id, Math.max(seq, seqs.get(id) ?? 0))
  const isNews = (id: ConversationId, seq: Seq) => seq > Math.max(known(id), reported.get(id) ?? 0)

  function take() {
    const due = [...reached].slice(0, limits.conversationsPerSession)
    for (const [id] of due) reached.delete(id)
    return due.filter(([id, seq]) => isNews(id, seq)).map(([id, seq]) => ({ id, seq }))
  }

  async function flush(): Promise<void> {
    const positions = take()
    const done = positions.length === 0 || (await attempt(positions))
    timer = reached.size > 0 ? setTimeout(flush, done ? delayMs : retryMs) : undefined
  }

  async function attempt(positions: { id: ConversationId; seq: Seq }[]): Promise<boolean> {
    try {
      await report(positions)
      for (const { id, seq } of positions) highest(reported, id, seq)
      return true
    } catch {
      for (const { id, seq } of positions) highest(reached, id, seq)
      return false
    }
  }

  return {
    note(id, seq) {
      if (!isNews(id, seq)) return
      highest(reached, id, seq)
      timer ??= setTimeout(flush, delayMs)
    },
    drop(id) {
      reached.delete(id)
      reported.delete(id)
    },
  }
}
