import type { ConversationId, MessageId, Seq } from '@parley/protocol/ids'
import { searchKey } from '@parley/protocol/search-key'
import type { MessageLists } from '../database/message-lists.ts'

interface Search {
  conversationId: ConversationId
  query: string
  before: Seq
  limit: number
}

/** What one call looks at, whatever it finds. */
const messagesMax = 4_000
const charsMax = 1_000_000
const perRead = 500

/**
 * The latest messages before a number whose text contains the query. Case and accents are compared here
 * and not in the database, whose locale may know nothing of either.
 * @returns `searchedTo`: everything from this number on was looked at; `more`: there is something before it
 */
export async function searchMessages(
  lists: Pick<MessageLists, 'texts'>,
  { conversationId, query, before, limit }: Search,
): Promise<{ ids: MessageId[]; more: boolean; searchedTo: Seq }> {
  const wanted = searchKey(query)
  if (wanted === '') return { ids: [], more: false, searchedTo: 0 }
  const ids: MessageId[] = []
  let searchedTo = before
  let chars = 0
  for (let seen = 0; seen < messagesMax && chars < charsMax; seen += perRead) {
    const texts = await lists.texts(conversationId, searchedTo, perRead)
    for (const { id, seq, content } of texts) {
      searchedTo = seq
      chars += content.length
      if (searchKey(content).includes(wanted)) ids.push(id)
      if (ids.length === limit || chars >= charsMax) return { ids, more: true, searchedTo }
    }
    if (texts.length < perRead) return { ids, more: false, searchedTo: 0 }
  }
  return { ids, more: true, searchedTo }
}
