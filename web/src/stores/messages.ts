import type { Change } from '@parley/protocol/changes'
import type { ConversationId, MessageId, Seq } from '@parley/protocol/ids'
import type { Input } from '@parley/protocol/operations'
import type { Message } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { inject, shallowReactive, shallowRef } from 'vue'
import { newKey } from '../keys.ts'
import { localKey } from '../local/local.ts'
import type { Mark, Outgoing } from '../local/queue.ts'
import type { CallError } from '../realtime/call-error.ts'
import { connectionKey } from '../realtime/connection.ts'
import { createCatchUp } from './catch-up.ts'
import { deliverOver } from './deliver.ts'
import { draftKey, editKey } from './drafts.ts'
import { createOutbox } from './outbox.ts'
import { changesIn, overlay, type Shown } from './overlay.ts'
import { useSession } from './session.ts'
import {
  applyChange,
  applyNewerPage,
  applyNewestPage,
  applyOlderPage,
  applyVisit,
  emptyTimeline,
  endVisit,
  hasGap,
  isLoaded,
  mergeMessage,
  startOfShown,
  type Timeline,
  trim,
  windowOf,
} from './timeline.ts'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const keptWhenTrimmed = 200

/** The loaded messages of every conversation that was opened, and mine that are on their way. */
export const useMessages = defineStore('messages', () => {
  const connection = inject(connectionKey)!
  const { queue, tabs, copies, isVolatile } = inject(localKey)!
  const session = useSession()
  const timelines = shallowReactive(new Map<ConversationId, Timeline>())
  const queues = shallowReactive(new Map<ConversationId, readonly Shown[]>())
  const loading = new Set<ConversationId>()
  /** The last mark that the server refused, and why. */
  const refusal = shallowRef<{ outgoing: Outgoing; error: CallError }>()

  const timeline = (id: ConversationId): Timeline => timelines.get(id) ?? emptyTimeline
  const unstored = (id: ConversationId): readonly Shown[] => queues.get(id) ?? []
  const outgoing = (id: ConversationId): readonly Shown[] =>
    unstored(id).filter(({ kind }) => kind === 'send')

  const outbox = createOutbox({
    ...{ queue, sleep, stored: merge, deliver: deliverOver(connection) },
    exclusively: (name, work) => (tabs ? tabs.exclusively(name, work) : work()),
    changed: (id, now) => queues.set(id, now),
    refused: (outgoing, error) => (refusal.value = { outgoing, error }),
    tell: (id, stored) => tabs?.tell({ type: 'queue', id, stored }),
    epoch: (id) => catchUp.epoch(id),
  })

  function put(id: ConversationId, next: Timeline): void {
    timelines.set(id, next)
    for (const { clientKey } of outgoing(id)) {
      if (hasOwn(next, clientKey)) void outbox.settle(id, clientKey)
    }
  }

  const hasOwn = (known: Timeline, clientKey: string) =>
    known.known.some((message) => message.clientKey === clientKey && isMine(message))
  const isMine = (message: Message) => message.user.id === session.me

  /** Not where nobody looked yet: a timeline that nothing loads would only grow. */
  function merge(message: Message): void {
    const id = message.conversationId
    if (timelines.has(id)) put(id, mergeMessage(timeline(id), message))
  }

  const catchUp = createCatchUp({
    ...{ call: connection.call, timeline, put, sleep },
    numbered: outbox.offerAgain,
  })

  /** A conversation that was never opened needs no messages yet; its page loads them. */
  function apply(id: ConversationId, change: Change): void {
    if (timelines.has(id)) {
      put(id, applyChange(timeline(id), change))
      if (hasGap(timeline(id)) && isLoaded(timeline(id))) void catchUp.start(id)
    }
    if (change.type === 'message.created' && isMine(change.message)) {
      void outbox.settle(id, change.message.clientKey)
    }
    if (change.type === 'message.deleted' && isMine(change.message)) {
      void outbox.forget(change.message.clientKey)
    }
  }

  function open(id: ConversationId): void {
    if (!timelines.has(id)) timelines.set(id, emptyTimeline)
    if (!isLoaded(timeline(id))) void showCopy(id).then(() => catchUp.start(id))
  }

  /** What an earlier page knew, until the server says more. */
  async function showCopy(id: ConversationId): Promise<void> {
    const copy = await copies.page(id)
    if (!copy || !timelines.has(id) || isLoaded(timeline(id))) return
    if (!catchUp.continues(id, copy.epoch)) return
    put(id, applyNewestPage(timeline(id), { ...copy, lastSeq: copy.upTo }))
  }

  /** Changes of what was opened may have been missed. */
  function refresh(id: ConversationId): void {
    if (timelines.has(id)) void catchUp.start(id)
  }

  function forgetOld(id: ConversationId): void {
    if (timelines.has(id)) timelines.set(id, trim(timeline(id), keptWhenTrimmed))
  }

  /** Nothing where the server counts in another epoch since. */
  async function listed(input: Input<'messages.list'>) {
    const epoch = catchUp.epoch(input.conversationId)
    const page = await connection.call('messages.list', input)
    return ['', catchUp.epoch(input.conversationId)].includes(epoch) ? page : undefined
  }

  async function loadOlder(id: ConversationId): Promise<void> {
    const { from, more } = startOfShown(timeline(id))
    if (!isLoaded(timeline(id)) || !more || loading.has(id)) return
    loading.add(id)
    try {
      const page = await listed({ conversationId: id, before: from, limit: 50 })
      if (page && startOfShown(timeline(id)).from === from)
        put(id, applyOlderPage(timeline(id), page))
    } finally {
      loading.delete(id)
    }
  }

  /** Towards the end, where the end is not what is shown. */
  async function loadNewer(id: ConversationId): Promise<void> {
    const { visit } = timeline(id)
    if (!visit || loading.has(id)) return
    loading.add(id)
    try {
      const page = await listed({ conversationId: id, after: visit.to, limit: 50 })
      if (page && timeline(id).visit?.to === visit.to) put(id, applyNewerPage(timeline(id), page))
    } finally {
      loading.delete(id)
    }
  }

  /**
   * Shows a place of the line that may be far from its end.
   * @returns the number that was asked for, or that of the first message on or after the time
   */
  async function visit(id: ConversationId, to: { around: Seq } | { at: string }): Promise<Seq> {
    if ('around' in to && windowOf(timeline(id)).some(({ seq }) => seq === to.around))
      return to.around
    const page = await listed({ conversationId: id, ...to, limit: 60 })
    if (!page) return visit(id, to)
    put(id, applyVisit(timeline(id), page))
    if ('around' in to) return to.around
    const first = page.messages.find(({ createdAt }) => Date.parse(createdAt) >= Date.parse(to.at))
    return (first ?? page.messages.at(-1))?.seq ?? 0
  }

  function leave(id: ConversationId): void {
    if (timelines.has(id)) put(id, endVisit(timeline(id)))
  }

  function send(conversationId: ConversationId, content: string, replyTo?: MessageId): void {
    void add({ kind: 'send', conversationId, content, replyTo }, draftKey(conversationId))
  }

  function edit({ id: messageId, conversationId }: Message, content: string): void {
    void add({ kind: 'edit', conversationId, messageId, content }, editKey(messageId))
  }

  function remove({ id: messageId, conversationId }: Message): void {
    void add({ kind: 'delete', conversationId, messageId, content: '' })
  }

  /** `content` as in `Outgoing`. */
  function mark({ id: messageId, conversationId }: Message, kind: Mark, content = ''): void {
    void add({ kind, conversationId, messageId, content })
  }

  type Written = Pick<Outgoing, 'kind' | 'conversationId' | 'messageId' | 'content' | 'replyTo'>

  function add(written: Written, draft?: string): Promise<void> {
    const createdAt = new Date().toISOString()
    return outbox.add({ ...written, clientKey: newKey(), createdAt, refusal: undefined }, draft)
  }

  /** What another tab of mine did with the queue. */
  function hear(id: ConversationId, stored: Message | undefined): void {
    if (stored) merge(stored)
    void outbox.lookAgain(id)
  }

  const changes = (id: ConversationId) => changesIn(unstored(id))
  /** With what I did to them shown as if it were stored. */
  const withMine = (id: ConversationId, stored: readonly Message[]) =>
    overlay(stored, unstored(id), session.user)
  const messages = (id: ConversationId) => withMine(id, windowOf(timeline(id)))
  const allUnstored = () => [...queues.values()].flat()
  /** Something is not known to survive this page. */
  const isAtRisk = () => isVolatile() || allUnstored().some(({ keeping }) => keeping)
  const drop = (id: ConversationId) => timelines.delete(id)

  return {
    ...{ timeline, messages, withMine, outgoing, changes, refusal, allUnstored, isAtRisk },
    epoch: catchUp.epoch,
    ...{ open, refresh, trim: forgetOld, drop, apply, merge, send, edit, remove, mark },
    ...{ loadOlder, loadNewer, visit, leave },
    ...{ load: outbox.load, hear, retry: outbox.retry, discard: outbox.discard },
    ...{ resume: outbox.resume, pause: outbox.pause, subscribed: catchUp.subscribed },
  }
})
