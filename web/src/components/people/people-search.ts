import type { UserId } from '@parley/protocol/ids'
import type { Person } from '@parley/protocol/resources'
import { inject, ref, watch, type Ref } from 'vue'
import { connectionKey } from '../../realtime/connection.ts'
import { explain } from '../../refusals.ts'

const pauseMs = 150
const shownMax = 30

/** People by part of a name, as somebody types it. The answer to an older question is dropped. */
export function usePeopleSearch(query: Ref<string>, without: () => ReadonlySet<UserId>) {
  const connection = inject(connectionKey)!
  const found = ref<readonly Person[]>()
  const problem = ref('')
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function look(): Promise<void> {
    const question = ++asked
    problem.value = ''
    try {
      const text = query.value.trim()
      const input = { limit: 100, ...(text && { query: text }) }
      const { users } = await connection.call('users.list', input)
      if (question !== asked) return
      found.value = users.filter(({ id }) => !without().has(id)).slice(0, shownMax)
    } catch (error) {
      if (question === asked) problem.value = explain(error)
    }
  }

  watch(query, () => {
    clearTimeout(timer)
    timer = setTimeout(look, pauseMs)
  })
  void look()
  return { found, problem, look }
}
