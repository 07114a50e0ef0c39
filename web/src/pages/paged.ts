import { ref, shallowRef } from 'vue'
import { explain } from '../refusals.ts'

interface Page<Entry> {
  entries: readonly Entry[]
  more: boolean
}

/** A list of the server's, page by page. What was asked last counts, whichever answer comes first. */
export function usePaged<Entry>(read: (after: Entry | undefined) => Promise<Page<Entry>>) {
  const entries = shallowRef<readonly Entry[]>()
  const more = ref(false)
  const problem = ref('')
  let questions = 0

  /** Adds pages to these until there are as many. */
  async function load(known: readonly Entry[], least: number): Promise<void> {
    const question = ++questions
    problem.value = ''
    try {
      const all = [...known]
      let page: Page<Entry>
      do {
        page = await read(all.at(-1))
        all.push(...page.entries)
      } while (page.more && page.entries.length > 0 && all.length < least)
      if (question !== questions) return
      entries.value = all
      more.value = page.more
    } catch (error) {
      if (question === questions) problem.value = explain(error)
    }
  }

  return {
    ...{ entries, more, problem },
    /** From the start, as far as it was there before. */
    reload: () => load([], entries.value?.length ?? 0),
    loadMore: () => load(entries.value ?? [], 0),
  }
}
