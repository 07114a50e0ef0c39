import type { ConversationId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { Outgoing, Place, Queue } from '../local/queue.ts'
import { type CallError, callErrorFrom } from '../realtime/call-error.ts'
import { isMark, type Shown, shownOf } from './overlay.ts'

interface Needs {
  queue: Queue
  /** Tabs take turns: what one drains, no other does at the same time. */
  exclusively(name: string, work: () => Promise<boolean>): Promise<boolean>
  /** Resolves with the message as it is then, where others see what was done. */
  deliver(outgoing: Outgoing): Promise<Message | undefined>
  /** Of the answer, and of what another tab was answered. */
  stored(message: Message): void
  /** Called for a mark, which is not kept when the server refuses it: no words are lost. */
  refused(outgoing: Outgoing, error: CallError): void
  /** Called with the whole queue of a conversation, in the order of writing. */
  changed(id: ConversationId, queue: readonly Shown[]): void
  /** Other tabs have to look at this conversation's queue again. */
  tell(id: ConversationId, stored?: Message): void
  /** The numbering that the conversation has now. */
  epoch(id: ConversationId): string
  sleep(ms: number): Promise<void>
  now?: () => number
}

export interface Outbox {
  /** Reads what was left by pages before this one. */
  load(): Promise<void>
  /** Resolves once it survives a crash. */
  add(outgoing: Outgoing, draft?: string): Promise<void>
  retry(outgoing: Outgoing): Promise<void>
  discard(outgoing: Outgoing): Promise<void>
  /** Another tab changed this conversation's queue. */
  lookAgain(id: ConversationId): Promise<void>
  /** The message turned up on the conversation's line. */
  settle(id: ConversationId, clientKey: string): Promise<void>
  /** The conversation has this numbering: what was stored lately under another may be gone. */
  offerAgain(id: ConversationId, epoch: string): Promise<void>
  /** The message was deleted: it is not offered again. */
  forget(clientKey: string): Promise<void>
  resume(): void
  pause(): void
}

const firstPauseMs = 500
const longestPauseMs = 15_000
/** As long, what was stored is kept to be offered again. */
const keptMs = 10 * 60_000

/**
 * Sends what was written, one thing of a conversation at a time and in the order of writing, until
 * the server has stored or refused it. The queue outlives the page and is shared by all tabs.
 */
export function createOutbox(needs: Needs): Outbox {
  const { queue, exclusively, deliver, stored, refused, changed, tell, epoch, sleep } = needs
  const { now = Date.now } = needs
  const read = new Map<ConversationId, readonly Outgoing[]>()
  const adding = new Map<ConversationId, readonly Outgoing[]>()
  /** Stored, though what was read of the queue may not say so yet. */
  const done = new Set<string>()
  const looks = new Map<ConversationId, number>()
  const draining = new Set<ConversationId>()
  let online = false

  const isWaiting = ({ clientKey, refusal, stored: since }: Outgoing) =>
    !refusal && !since && !done.has(clientKey)
  const isExpired = ({ stored: since }: Outgoing) => since && since.atMs + keptMs <= now()

  function show(id: ConversationId): void {
    const all = shownOf(read.get(id) ?? [], adding.get(id) ?? [])
    changed(
      id,
      all.filter(({ clientKey }) => !done.has(clientKey)),
    )
  }

  async function lookAgain(id: ConversationId): Promise<void> {
    const look = (looks.get(id) ?? 0) + 1
    looks.set(id, look)
    const found = await queue.of(id)
    if (looks.get(id) !== look) return
    read.set(id, found)
    show(id)
    void drain(id)
  }

  async function change(
    outgoing: Outgoing,
    update: (known: Outgoing) => Outgoing | undefined,
    place?: Place,
  ): Promise<void> {
    await queue.change(outgoing.clientKey, update, place)
    tell(outgoing.conversationId)
    await lookAgain(outgoing.conversationId)
  }

  async function drain(id: ConversationId): Promise<void> {
    if (draining.has(id)) return
    draining.add(id)
    let pauseMs = firstPauseMs
    while (online && (read.get(id) ?? []).some(isWaiting)) {
      const progressed = await exclusively(`queue-${id}`, () => drainAlone(id))
      if (progressed) pauseMs = firstPauseMs
      else if (online) {
        await sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    }
    draining.delete(id)
  }

  /** False when the same has to be sent again, by this tab or another. */
  async function drainAlone(id: ConversationId): Promise<boolean> {
    while (online) {
      const found = await queue.of(id)
      const next = found.find(isWaiting)
      for (const old of found.filter(isExpired)) await queue.change(old.clientKey, () => undefined)
      if (!next) {
        read.set(id, found)
        return true
      }
      if (!(await attempt(next))) return false
    }
    return true
  }

  async function attempt(outgoing: Outgoing): Promise<boolean> {
    const { conversationId } = outgoing
    try {
      const message = await deliver(outgoing)
      if (message) stored(message)
      tell(conversationId, message)
      await settle(conversationId, outgoing)
    } catch (thrown) {
      const error = callErrorFrom(thrown)
      const { temporary, code, message } = error
      if (temporary) return false
      const isKept = !isMark(outgoing)
      await change(outgoing, (known) =>
        isKept ? { ...known, refusal: { code, message } } : undefined,
      )
      if (!isKept) refused(outgoing, error)
    }
    return true
  }

  /** Out of sight at once; in the queue it stays for a while where it can be offered again. */
  async function settle(id: ConversationId, { kind, clientKey }: Outgoing): Promise<void> {
    done.add(clientKey)
    show(id)
    const since = { atMs: now(), epoch: epoch(id) }
    await queue.change(clientKey, (known) =>
      kind === 'send' ? { ...known, refusal: undefined, stored: since } : undefined,
    )
    await lookAgain(id)
    done.delete(clientKey)
    tell(id)
  }

  return {
    async load() {
      for (const outgoing of await queue.all()) {
        const id = outgoing.conversationId
        read.set(id, [...(read.get(id) ?? []), outgoing])
      }
      for (const id of read.keys()) {
        show(id)
        void drain(id)
      }
    },
    async add(outgoing, draft) {
      const id = outgoing.conversationId
      adding.set(id, [...(adding.get(id) ?? []), outgoing])
      show(id)
      await queue.add(outgoing, draft)
      await lookAgain(id)
      const rest = (adding.get(id) ?? []).filter((each) => each !== outgoing)
      adding.set(id, rest)
      show(id)
      tell(id)
    },
    retry: (outgoing) => change(outgoing, (known) => ({ ...known, refusal: undefined }), 'end'),
    discard: (outgoing) => change(outgoing, () => undefined),
    lookAgain,
    async settle(id, clientKey) {
      const outgoing = read.get(id)?.find((each) => each.clientKey === clientKey && !each.stored)
      if (outgoing && !done.has(clientKey)) await settle(id, outgoing)
    },
    async offerAgain(id, current) {
      const isLost = (known: Outgoing) =>
        known.stored && known.stored.epoch !== current && !isExpired(known)
      const lost = (await queue.of(id)).filter(isLost)
      for (const each of lost) {
        await change(each, (known) => (isLost(known) ? { ...known, stored: undefined } : known))
      }
    },
    forget: (clientKey) => queue.change(clientKey, (known) => (known.stored ? undefined : known)),
    resume() {
      online = true
      for (const id of read.keys()) void drain(id)
    },
    pause() {
      online = false
    },
  }
}
