import type { ConversationId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import { isClosed, type LocalDatabase, type PageCopy } from './database.ts'

/** A cache of what the server said last, for pages that open without it. */
export interface Copies {
  conversations(): Promise<readonly Conversation[]>
  page(id: ConversationId): Promise<PageCopy | undefined>
  /** All of the list, and of the pages those that changed; pages outside the list are dropped. */
  keep(conversations: readonly Conversation[], pages: readonly PageCopy[]): Promise<void>
}

const longestList = 100
const keptPages = 30
/** The newest of a conversation. */
export const keptMessages = 100

export function createCopies(db: LocalDatabase | undefined): Copies {
  /** Once full or closed, it is left alone. */
  let works = db !== undefined
  async function attempt<Value>(work: (db: LocalDatabase) => Promise<Value>, otherwise: Value) {
    if (!db || !works) return otherwise
    try {
      return await work(db)
    } catch (error) {
      works = false
      if (!isClosed(error)) console.error('no copy of the last conversations', error)
      return otherwise
    }
  }

  return {
    conversations: () => attempt((local) => local.getAll('conversations'), []),
    page: (id) => attempt((local) => local.get('pages', id), undefined),
    keep: (conversations, pages) =>
      attempt(async (local) => {
        const kept = new Set(conversations.slice(0, keptPages).map(({ id }) => id))
        const write = local.transaction(['conversations', 'pages'], 'readwrite')
        const list = write.objectStore('conversations')
        const store = write.objectStore('pages')
        async function dropOthers(): Promise<void> {
          const others = (await store.getAllKeys()).filter((id) => !kept.has(id))
          await Promise.all(others.map((id) => store.delete(id)))
        }
        await Promise.all([
          list.clear(),
          ...conversations.slice(0, longestList).map((conversation) => list.put(conversation)),
          ...pages.filter((page) => kept.has(page.conversationId)).map((page) => store.put(page)),
          dropOthers(),
          write.done,
        ])
      }, undefined),
  }
}

/** Nobody is signed in here: what others wrote must not be found, what is mine waits for me. */
export async function dropCopies(db: LocalDatabase): Promise<void> {
  const names = ['conversations', 'pages', 'about'] as const
  const write = db.transaction(names, 'readwrite')
  const stores = names.map((name) => write.objectStore(name))
  await Promise.all([...stores.map((store) => store.clear()), write.done])
}
