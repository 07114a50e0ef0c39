import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { inject, shallowReactive } from 'vue'
import { type Draft, isClosed } from '../local/database.ts'
import { localKey } from '../local/local.ts'

/** A crash loses no more than was typed since. */
const writeAfterMs = 250

export const draftKey = (id: ConversationId): string => `conversation-${id}`
export const editKey = (id: MessageId): string => `message-${id}`

const isEmpty = ({ text, replyingTo }: Draft) => text === '' && !replyingTo

/** What I have begun to write and not sent yet: per conversation, and per message that I edit. */
export const useDrafts = defineStore('drafts', () => {
  const { db, tabs } = inject(localKey)!
  const drafts = shallowReactive(new Map<string, Draft>())
  const unwritten = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(key: string, draft: Draft | undefined): void {
    if (draft && !isEmpty(draft)) drafts.set(key, draft)
    else drafts.delete(key)
  }

  function put(key: string, draft: Draft | undefined): void {
    show(key, draft)
    unwritten.add(key)
    timer ??= setTimeout(write, writeAfterMs)
  }

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    for (const key of unwritten) {
      const draft = drafts.get(key)
      const written = draft ? db?.put('drafts', draft, key) : db?.delete('drafts', key)
      written?.catch((error) => isClosed(error) || console.error(error))
      tabs?.tell({ type: 'draft', key, draft })
    }
    unwritten.clear()
  }

  async function load(): Promise<void> {
    if (!db) return
    const { store } = db.transaction('drafts')
    const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()])
    keys.forEach((key, at) => show(key, values[at]))
  }

  /** From another tab. Whoever is writing here is not disturbed: here is the last writer then. */
  function hear(key: string, draft: Draft | undefined): void {
    if (!unwritten.has(key) && !isWriting()) show(key, draft)
  }

  document.addEventListener('visibilitychange', write)
  addEventListener('pagehide', write)

  const get = (id: ConversationId): Draft => drafts.get(draftKey(id)) ?? { text: '' }

  return {
    ...{ load, hear },
    get: (id: ConversationId): string => get(id).text,
    set: (id: ConversationId, text: string) => put(draftKey(id), { ...get(id), text }),
    replyingTo: (id: ConversationId): Message | undefined => get(id).replyingTo,
    /** From now on what I write there answers this message; undefined: answers none. */
    reply: (id: ConversationId, replyingTo: Message | undefined) =>
      put(draftKey(id), { ...get(id), replyingTo }),
    edit: (id: MessageId): string | undefined => drafts.get(editKey(id))?.text,
    keepEdit: (id: MessageId, text: string | undefined) =>
      put(editKey(id), text === undefined ? undefined : { text }),
  }
})

const isWriting = () => document.hasFocus() && document.activeElement instanceof HTMLTextAreaElement
