import type { Change } from '@parley/protocol/changes'
import type { ConversationId, Seq, UserId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { Input } from '@parley/protocol/operations'
import type { Conversation, Preferences } from '@parley/protocol/resources'
import type { OwnPosition } from '@parley/protocol/state'
import { defineStore } from 'pinia'
import { computed, inject, ref, shallowReactive } from 'vue'
import { connectionKey } from '../realtime/connection.ts'
import { addressedIn, attentionOf } from './attention.ts'
import { useLeftUnread } from './left-unread.ts'
import { useSession } from './session.ts'
import { applyRead, applyToSummary, byActivity, summarize, type Summary } from './summary.ts'

const recountAfterMs = 2_000

/** The conversations I am in, kept up to date by their changes. */
export const useConversations = defineStore('conversations', () => {
  const connection = inject(connectionKey)!
  const session = useSession()
  const leftUnread = useLeftUnread()
  const summaries = shallowReactive(new Map<ConversationId, Summary>())
  /** False until the server has said for the first time which ones there are. */
  const ready = ref(false)

  const list = computed(() =>
    [...summaries.values()].map(({ conversation }) => conversation).toSorted(byActivity),
  )
  const sum = (of: (conversation: Conversation) => number) =>
    computed(() => list.value.reduce((total, conversation) => total + of(conversation), 0))
  /** Over all of them, of muted ones only what mentions me. */
  const unread = sum(attentionOf)
  const addressed = sum(addressedIn)
  const mentions = sum((conversation) => conversation.mentions)

  const find = (id: ConversationId): Conversation | undefined => summaries.get(id)?.conversation

  /** From the copy of an earlier page, and not said again by the server since. */
  const copied = shallowReactive(new Set<ConversationId>())
  const isCopied = (id: ConversationId): boolean => copied.has(id)
  /** Those whose changes the server sends; of the others it sends the next one, and all after it. */
  const followed = new Set<ConversationId>()
  /** From the copy or an earlier connection, and not said again by the server since. */
  const doubtful = new Set<ConversationId>()

  /** What an earlier page knew, until the server says more. */
  function restore(conversations: readonly Conversation[]): void {
    for (const conversation of conversations) {
      set(conversation)
      copied.add(conversation.id)
      doubtful.add(conversation.id)
    }
  }

  /** The server is about to say again which ones there are. */
  function doubt(): void {
    followed.clear()
    for (const id of summaries.keys()) doubtful.add(id)
  }

  /** The server has said all. @returns those that it did not say, and are not so any more */
  function complete(): ConversationId[] {
    const gone = [...doubtful]
    for (const id of gone) drop(id)
    return gone
  }

  function set(conversation: Conversation): void {
    const known = summaries.get(conversation.id)
    said(conversation)
    const isNewer = !known || conversation.lastSeq >= known.conversation.lastSeq
    put(conversation.id, isNewer ? summarize(conversation) : applyRead(known, conversation))
  }

  function said(conversation: Conversation): void {
    doubtful.delete(conversation.id)
    if (!copied.delete(conversation.id)) followBack(conversation)
  }

  /** My position goes back where I marked something as unread, elsewhere too. */
  function followBack({ id, rev, lastReadSeq }: Conversation): void {
    const known = find(id)
    if (known && rev > known.rev && lastReadSeq < known.lastReadSeq)
      leftUnread.leave(id, lastReadSeq + 1)
  }

  function put(id: ConversationId, summary: Summary): void {
    summaries.set(id, summary)
    if (summary.isGuess) recount(id).catch(() => {})
  }

  const recounting = new Set<ConversationId>()

  /** Asks for the counts, soon: not everybody at once who was told the same. */
  async function recount(id: ConversationId): Promise<void> {
    if (recounting.has(id)) return
    recounting.add(id)
    await new Promise((resolve) => setTimeout(resolve, recountAfterMs * (1 + Math.random())))
    recounting.delete(id)
    if (!summaries.get(id)?.isGuess) return
    read(id, (await connection.call('conversations.state', { id })).state)
  }

  const isFollowed = (id: ConversationId): boolean => followed.has(id)

  /** `conversation` is absent where what is known continues. */
  function follow(id: ConversationId, conversation: Conversation | undefined): void {
    followed.add(id)
    doubtful.delete(id)
    if (conversation) replace(conversation)
  }

  /** What the server says here holds, even where its numbers went back (a restored database). */
  function replace(conversation: Conversation): void {
    said(conversation)
    summaries.set(conversation.id, summarize(conversation))
  }

  function drop(id: ConversationId): void {
    for (const all of [summaries, followed, doubtful, copied]) all.delete(id)
  }

  function apply(id: ConversationId, change: Change): void {
    const summary = summaries.get(id)
    const me = session.me
    if (summary && me) put(id, applyToSummary(summary, change, me))
  }

  /** My position, as the server says it. */
  function read(id: ConversationId, position: OwnPosition): void {
    const summary = summaries.get(id)
    if (!summary) return
    const now = applyRead(summary, position)
    followBack(now.conversation)
    put(id, now)
  }

  async function markRead(id: ConversationId, seq: Seq): Promise<void> {
    read(id, await connection.call('conversations.read', { id, seq }))
  }

  /** Those that the server does not send the changes of, because there are too many. */
  async function loadRest(): Promise<void> {
    let after = list.value.findLast(({ id }) => isFollowed(id))?.id
    for (let more = followed.size >= limits.conversationsPerSession; more && after;) {
      const page = await connection.call('conversations.list', { after })
      for (const conversation of page.conversations)
        if (!isFollowed(conversation.id)) replace(conversation)
      after = page.conversations.at(-1)?.id
      more = page.more
    }
  }

  async function reload(id: ConversationId): Promise<void> {
    set((await connection.call('conversations.get', { id })).conversation)
  }

  async function create(wanted: Input<'conversations.create'>): Promise<Conversation> {
    const { conversation } = await connection.call('conversations.create', wanted)
    set(conversation)
    return conversation
  }

  /** The one of exactly these people and me, whoever opened it. */
  async function direct(userIds: UserId[]): Promise<Conversation> {
    const { conversation } = await connection.call('conversations.direct', { userIds })
    set(conversation)
    return conversation
  }

  type Changes = Omit<Input<'conversations.change'>, 'id'>
  async function change(id: ConversationId, changes: Changes): Promise<void> {
    set((await connection.call('conversations.change', { id, ...changes })).conversation)
  }

  async function prefer(id: ConversationId, wanted: Partial<Preferences>): Promise<void> {
    const { conversation } = await connection.call('conversations.prefer', { id, ...wanted })
    preferred(id, conversation)
  }

  /** What it is to me, as the server says it. */
  function preferred(id: ConversationId, { favourite, muted, notify }: Preferences): void {
    const summary = summaries.get(id)
    if (!summary) return
    const conversation = { ...summary.conversation, favourite, muted, notify }
    summaries.set(id, { ...summary, conversation })
  }

  async function join(id: ConversationId): Promise<void> {
    set((await connection.call('conversations.join', { id })).conversation)
  }

  async function leave(id: ConversationId): Promise<void> {
    await connection.call('conversations.leave', { id })
    drop(id)
  }

  return {
    ...{ list, unread, addressed, mentions, ready, find, isCopied },
    ...{ doubt, follow, isFollowed },
    ...{
      drop,
      apply,
      read,
      markRead,
      loadRest,
      restore,
      complete,
      reload,
      create,
      join,
      leave,
    },
    ...{ direct, change, prefer, preferred },
  }
})
