import type { Change } from '@parley/protocol/changes'
import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { inject, shallowReactive } from 'vue'
import { connectionKey } from '../realtime/connection.ts'
import { createCatchUp } from './catch-up.ts'
import { createOutbox, type Outgoing } from './outbox.ts'
import { useSession } from './session.ts'
import {
  applyChange,
  applyOlderPage,
  emptyTimeline,
  hasGap,
  isLoaded,
  mergeMessage,
  type Timeline,
  trim,
  windowOf,
} from './timeline.ts'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const keptWhenTrimmed = 200

/** The loaded messages of every conversation that was opened, and mine that are on their way. */
export const useMessages = defineStore('messages', () => {
  const connection = inject(connectionKey)!
  const session = useSession()
  const timelines = shallowReactive(new Map<ConversationId, Timeline>())
  const queues = shallowReactive(new Map<ConversationId, readonly Outgoing[]>())
  const loadingOlder = new Set<ConversationId>()

  const timeline = (id: ConversationId): Timeline => timelines.get(id) ?? emptyTimeline
  const outgoing = (id: ConversationId): readonly Outgoing[] => queues.get(id) ?? []

  const outbox = createOutbox({
    send: async ({ conversationId, content, clientKey }) =>
      (await connection.call('messages.send', { conversationId, content, clientKey })).message,
    stored: merge,
    changed: (id, queue) => queues.set(id, queue),
    sleep,
  })

  function put(id: ConversationId, next: Timeline): void {
    timelines.set(id, next)
    for (const { clientKey } of outgoing(id)) {
      if (hasOwn(next, clientKey)) outbox.settle(id, clientKey)
    }
  }

  const hasOwn = (known: Timeline, clientKey: string) =>
    known.known.some((message) => message.clientKey === clientKey && isMine(message))
  const isMine = (message: Message) => message.user.id === session.me

  function merge(message: Message): void {
    put(message.conversationId, mergeMessage(timeline(message.conversationId), message))
  }

  const catchUp = createCatchUp({
    ...{ call: connection.call, timeline, put, sleep },
    renumbered: outbox.offerAgain,
  })

  /** A conversation that was never opened needs no messages yet; its page loads them. */
  function apply(id: ConversationId, change: Change): void {
    if (timelines.has(id)) {
      put(id, applyChange(timeline(id), change))
      if (hasGap(timeline(id)) && isLoaded(timeline(id))) void catchUp.start(id)
    }
    if (change.type === 'message.created' && isMine(change.message)) {
      outbox.settle(id, change.message.clientKey)
    }
    if (change.type === 'message.deleted' && isMine(change.message)) {
      outbox.forget(change.message.clientKey)
    }
  }

  function open(id: ConversationId): void {
    if (!timelines.has(id)) timelines.set(id, emptyTimeline)
    if (!isLoaded(timeline(id))) void catchUp.start(id)
  }

  function forgetOld(id: ConversationId): void {
    if (timelines.has(id)) timelines.set(id, trim(timeline(id), keptWhenTrimmed))
  }

  async function loadOlder(id: ConversationId): Promise<void> {
    const before = timeline(id)
    if (!isLoaded(before) || !before.more || loadingOlder.has(id)) return
    loadingOlder.add(id)
    try {
      const input = { conversationId: id, before: before.from, limit: 50 }
      const page = await connection.call('messages.list', input)
      if (timeline(id).from === before.from) put(id, applyOlderPage(timeline(id), page))
    } finally {
      loadingOlder.delete(id)
    }
  }

  function send(conversationId: ConversationId, content: string): void {
    const clientKey = crypto.randomUUID()
    const createdAt = new Date().toISOString()
    outbox.add({ clientKey, conversationId, content, createdAt, refusal: undefined })
  }

  async function edit(id: MessageId, content: string): Promise<void> {
    const clientKey = crypto.randomUUID()
    merge((await connection.call('messages.edit', { id, content, clientKey })).message)
  }

  async function remove(id: MessageId): Promise<void> {
    merge((await connection.call('messages.delete', { id })).message)
  }

  const messages = (id: ConversationId): readonly Message[] => windowOf(timeline(id))
  const hasUnsent = () => [...queues.values()].some((queue) => queue.length > 0)
  const drop = (id: ConversationId) => timelines.delete(id)

  return {
    ...{ timeline, messages, outgoing, hasUnsent },
    ...{ open, trim: forgetOld, drop, apply, loadOlder, send, edit, remove },
    ...{ retry: outbox.retry, discard: outbox.discard },
    ...{ resume: outbox.resume, pause: outbox.pause, subscribed: catchUp.subscribed },
  }
})
