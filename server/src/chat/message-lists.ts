import type { Message } from '@parley/protocol/resources'
import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import type { Database } from '../database/database.ts'
import { accessTo, messageFor } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { searchMessages } from './search.ts'

type ListHandlers = Pick<
  Handlers,
  | 'messages.pinned'
  | 'messages.history'
  | 'messages.save'
  | 'messages.saved'
  | 'messages.search'
  | 'mentions.list'
>

/** Messages picked out of their lines; nothing here takes a number. */
export const messageListHandlers = (db: Database, announce: Announce): ListHandlers => ({
  'messages.pinned': async ({ user }, { conversationId }) => {
    await accessTo(db.conversations, user.id, conversationId)
    return { messages: await db.messageLists.pinned(conversationId, limits.pinnedPerPage) }
  },

  'messages.history': async ({ user }, { id }) => {
    await messageFor(db, user.id, id)
    const versions = await db.messageLists.versions(id)
    return { versions: versions.map(({ content, at }) => ({ content, at: at.toISOString() })) }
  },

  'messages.save': async ({ user }, { id, saved }) => {
    const { message } = await messageFor(db, user.id, id)
    if (saved && message.deletedAt) throw new Refusal('notFound')
    const changed = await db.messageLists.save(user.id, id, saved)
    if (changed) announce.notice(user.id, { type: 'message.saved', messageId: id, saved })
    return {}
  },

  'messages.saved': async ({ user }, { before, limit }) => {
    const found = await db.messageLists.saved(user.id, before, limit + 1)
    const saved = found.slice(0, limit).map(({ savedAt, placed: { message, conversation } }) => {
      return { savedAt: savedAt.toISOString(), message, conversation }
    })
    return { saved, more: found.length > limit }
  },

  'messages.search': async ({ user }, { conversationId, query, before, limit }) => {
    await accessTo(db.conversations, user.id, conversationId)
    const { ids, ...rest } = await searchMessages(db.messageLists, {
      conversationId,
      query,
      before: before ?? Number.MAX_SAFE_INTEGER,
      limit,
    })
    const messages = ids.length > 0 ? await db.messageLists.byIds(ids) : []
    return { messages: messages.toSorted(latestFirst), ...rest }
  },

  'mentions.list': async ({ user }, { before, limit }) => {
    const found = await db.messageLists.mentioning(user.id, before, limit + 1)
    return { mentions: found.slice(0, limit), more: found.length > limit }
  },
})

const latestFirst = (a: Message, b: Message) => b.seq - a.seq
