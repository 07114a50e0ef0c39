import type { ConversationId, Seq, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Moved, Reached, Reads, Standing } from '../database/reads.ts'
import type { Announce } from './announce.ts'
import { createReadNotices } from './read-notices.ts'
import { ownPositionOf } from './states.ts'

/** Where members have come to, written together and told together. */
export interface ReadPositions {
  /** Resolves when it is stored. @throws Refusal `notFound` for who is not a member */
  read(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<Moved>
  /**
   * Everything from this change on is unread again, until the next `read`; what was asked before is
   * written first. @throws Refusal `notFound` for who is not a member
   */
  setBack(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<Standing>
  /** Resolves when it is stored; conversations the user is not in are left out. */
  delivered(userId: UserId, positions: { id: ConversationId; seq: Seq }[]): Promise<void>
  /** Writes what waits. */
  close(): Promise<void>
}

interface Waiting extends Reached {
  dueAtMs: number
  resolve: (moved: Moved | undefined) => void
  reject: (error: unknown) => void
  answer: Promise<Moved | undefined>
}

/** One member's position in one conversation is written at most this often. */
const intervalMs = 300
const batchMax = 1_000

/**
 * Collects positions per member and conversation, whatever device they come from. The first read of
 * an interval is written at once, because somebody looks at its answer; the rest when it is over.
 */
export function createReadPositions(reads: Reads, announce: Announce): ReadPositions {
  const notices = createReadNotices(announce, intervalMs)
  const waiting = new Map<string, Waiting>()
  const writtenAtMs = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  function note(reached: Reached): Promise<Moved | undefined> {
    const key = `${reached.conversationId}:${reached.userId}`
    const now = performance.now()
    const earliest = Math.max(now, (writtenAtMs.get(key) ?? -Infinity) + intervalMs)
    const dueAtMs = reached.read > 0 ? earliest : now + intervalMs
    const known = waiting.get(key)
    if (!known) waiting.set(key, waitingFor(reached, dueAtMs))
    else {
      known.read = Math.max(known.read, reached.read)
      known.delivered = Math.max(known.delivered, reached.delivered)
      known.dueAtMs = Math.min(known.dueAtMs, dueAtMs)
    }
    schedule()
    return waiting.get(key)!.answer
  }

  function schedule(): void {
    clearTimeout(timer)
    if (writing || waiting.size === 0) return
    let dueAtMs = Infinity
    for (const each of waiting.values()) dueAtMs = Math.min(dueAtMs, each.dueAtMs)
    timer = setTimeout(
      () => void write(performance.now()),
      Math.max(0, dueAtMs - performance.now()),
    )
  }

  async function write(until: number): Promise<void> {
    const due = [...waiting].filter(([, { dueAtMs }]) => dueAtMs <= until).slice(0, batchMax)
    for (const [key] of due) waiting.delete(key)
    writing = settle(due.map(([, each]) => each))
    await writing
    const now = performance.now()
    for (const [key, atMs] of writtenAtMs) {
      if (atMs + intervalMs > now) break
      writtenAtMs.delete(key)
    }
    for (const [key] of due) {
      writtenAtMs.delete(key)
      writtenAtMs.set(key, now)
    }
    writing = undefined
    schedule()
  }

  async function settle(batch: Waiting[]): Promise<void> {
    try {
      const outcomes = await reads.move(batch)
      for (const [index, each] of batch.entries()) {
        const moved = outcomes[index]
        if (moved) notices.moved(each.userId, each.conversationId, moved)
        each.resolve(moved)
      }
    } catch (error) {
      for (const each of batch) each.reject(error)
    }
  }

  return {
    async read(userId, conversationId, seq) {
      const moved = await note({ userId, conversationId, read: seq, delivered: seq })
      if (!moved) throw new Refusal('notFound')
      return moved
    },
    async setBack(userId, conversationId, seq) {
      await writing
      const earlier = waiting.get(`${conversationId}:${userId}`)
      if (earlier) {
        earlier.dueAtMs = 0
        schedule()
        await earlier.answer
      }
      await reads.setBack(conversationId, userId, seq)
      const [standing] = await reads.standings([{ conversationId, userId }])
      if (!standing) throw new Refusal('notFound')
      announce.notice(userId, {
        type: 'conversation.read',
        conversationId,
        ...ownPositionOf(standing),
      })
      return standing
    },
    async delivered(userId, positions) {
      await Promise.all(
        positions.map(({ id, seq }) =>
          note({ userId, conversationId: id, read: 0, delivered: seq }),
        ),
      )
    },
    async close() {
      clearTimeout(timer)
      await writing
      while (waiting.size > 0) await write(Infinity)
      clearTimeout(timer)
      notices.close()
    },
  }
}

function waitingFor(reached: Reached, dueAtMs: number): Waiting {
  let resolve!: Waiting['resolve']
  let reject!: Waiting['reject']
  const answer = new Promise<Moved | undefined>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { ...reached, dueAtMs, answer, resolve, reject }
}
