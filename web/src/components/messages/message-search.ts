import type { ConversationId, Seq } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { computed, inject, ref } from 'vue'
import { connectionKey } from '../../realtime/connection.ts'
import { explain } from '../../refusals.ts'

const limit = 50
/** The server looks at a few thousand messages per call; this many calls in a row find little. */
const callsMax = 20

/** Finds one text after the other in a conversation, the latest first. */
export function useMessageSearch(conversationId: ConversationId) {
  const connection = inject(connectionKey)!
  const found = ref<Message[]>([])
  const at = ref(0)
  const more = ref(false)
  const searching = ref(false)
  const problem = ref('')
  /** What is in `found`; empty before the first search. */
  const searched = ref('')
  let before: Seq | undefined
  let turn = 0

  /** Reads on until something is found or there is nothing more. */
  async function read(query: string): Promise<void> {
    const mine = ++turn
    searching.value = true
    problem.value = ''
    try {
      for (let call = 0; call < callsMax; call++) {
        const input = { conversationId, query, limit, ...(before === undefined ? {} : { before }) }
        const page = await connection.call('messages.search', input)
        if (mine !== turn) return
        before = page.searchedTo
        more.value = page.more
        found.value = [...found.value, ...page.messages]
        if (page.messages.length > 0 || !page.more) break
      }
      searched.value = query
    } catch (error) {
      if (mine === turn) problem.value = explain(error)
    }
    if (mine === turn) searching.value = false
  }

  async function search(query: string): Promise<void> {
    found.value = []
    before = undefined
    at.value = 0
    await read(query)
  }

  async function older(): Promise<void> {
    if (at.value + 1 >= found.value.length && more.value) await read(searched.value)
    if (at.value + 1 < found.value.length) at.value++
  }

  const newer = () => at.value > 0 && at.value--
  const current = computed(() => found.value[at.value])
  return { found, at, more, searching, searched, problem, current, search, older, newer }
}
