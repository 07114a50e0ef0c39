import { type Ref, ref } from 'vue'
import { explain } from './refusals.ts'

export interface Attempts {
  busy: Ref<boolean>
  /** Why the last one did not work, in a sentence; '' while there is nothing to say. */
  problem: Ref<string>
  /** Does it, unless another one still runs. Never rejects: `problem` says what went wrong. */
  attempt(action: () => Promise<unknown>): Promise<void>
}

/** For a form or a list that asks the server; `known` has better words for some error codes. */
export function useAttempt(known: () => Readonly<Record<number, string>> = () => ({})): Attempts {
  const busy = ref(false)
  const problem = ref('')

  async function attempt(action: () => Promise<unknown>): Promise<void> {
    if (busy.value) return
    busy.value = true
    problem.value = ''
    try {
      await action()
    } catch (error) {
      problem.value = explain(error, known())
    } finally {
      busy.value = false
    }
  }

  return { busy, problem, attempt }
}
