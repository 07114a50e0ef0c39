import type { Person } from '@parley/protocol/resources'
import { computed, inject, ref, shallowRef, type ShallowRef } from 'vue'
import { words } from '../../i18n/words.ts'
import { connectionKey } from '../../realtime/connection.ts'
import type { ConversationDetails } from '../../stores/conversation-details.ts'
import { useMembers } from '../../stores/members.ts'
import { useSession } from '../../stores/session.ts'
import { finishedCode, type Trigger, triggerAt } from './completion-trigger.ts'
import type { Completion, personCompletions } from './completions.ts'
import type { EmojiSuggestions } from './emoji-completions.ts'
import { insertText } from './insert-text.ts'

const pauseMs = 150
const asked = 20

/** Suggestions for what is being typed in a field: people after `@`, emoji after `:`. */
export function useCompletions(
  area: Readonly<ShallowRef<HTMLTextAreaElement | null>>,
  conversation: () => ConversationDetails,
) {
  const connection = inject(connectionKey)!
  const session = useSession()
  const members = useMembers()
  const trigger = shallowRef<Trigger>()
  const others = shallowRef<readonly Person[]>([])
  // Loaded with the first `@` and the first colon: most messages need neither.
  const suggestPeople = shallowRef<typeof personCompletions>()
  const emoji = shallowRef<EmojiSuggestions>()
  const active = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined

  const options = computed((): readonly Completion[] => {
    const now = trigger.value
    if (!now) return []
    if (now.kind === 'emoji') return emoji.value?.suggest(now.query) ?? []
    const known = members.of(conversation().id) ?? []
    const people = known.filter(({ user }) => user.id !== session.me)
    const found = suggestPeople.value?.({
      ...{ conversation: conversation(), members: people, others: others.value },
      ...{ query: now.query, words: words.completion },
    })
    return found ?? []
  })

  function close(): void {
    trigger.value = undefined
    clearTimeout(timer)
  }

  /** After every change of the text or of the caret. */
  function update(): void {
    const field = area.value
    if (!field || field.selectionStart !== field.selectionEnd) return close()
    const now = triggerAt(field.value, field.selectionStart)
    if (now?.kind === trigger.value?.kind && now?.query === trigger.value?.query) return
    trigger.value = now
    active.value = 0
    if (now?.kind === 'emoji') void loadEmoji()
    if (now?.kind !== 'person') return
    void loadPeople()
    lookFor(now.query)
  }

  function lookFor(query: string): void {
    members.ensure(conversation().id).catch(() => {})
    clearTimeout(timer)
    others.value = []
    if (query === '' || conversation().kind === 'direct') return
    timer = setTimeout(async () => {
      const found = await connection
        .call('users.list', { query, limit: asked })
        .catch(() => undefined)
      if (found && trigger.value?.query === query) {
        others.value = found.users.filter(({ id }) => id !== session.me)
      }
    }, pauseMs)
  }

  async function loadPeople(): Promise<void> {
    const loaded = await import('./completions.ts').catch(() => undefined)
    suggestPeople.value ??= loaded?.personCompletions
  }

  async function loadEmoji(): Promise<void> {
    const loaded = await import('./emoji-completions.ts').catch(() => undefined)
    emoji.value = await loaded?.suggestEmoji().catch(() => undefined)
  }

  /** A `:code:` that was typed out becomes its emoji. */
  async function finish(): Promise<void> {
    const field = area.value!
    const caret = field.selectionStart
    const code = finishedCode(field.value, caret)
    if (code === undefined) return
    await loadEmoji()
    const found = emoji.value?.find(code)
    const unchanged = field.selectionStart === caret && finishedCode(field.value, caret) === code
    if (found && unchanged) replace(caret - code.length - 2, found)
  }

  function replace(start: number, text: string): void {
    const field = area.value!
    field.focus()
    field.setSelectionRange(start, field.selectionEnd)
    insertText(field, text)
  }

  function pick(option: Completion | undefined): void {
    const start = trigger.value?.start
    close()
    if (!option || start === undefined) return
    if (option.char) emoji.value?.picked(option.char)
    replace(start, `${option.insert} `)
  }

  /** True when the key was meant for the suggestions. */
  function onKey(event: KeyboardEvent): boolean {
    if (options.value.length === 0 || event.isComposing || event.keyCode === 229) return false
    const count = options.value.length
    if (event.key === 'ArrowDown') active.value = (active.value + 1) % count
    else if (event.key === 'ArrowUp') active.value = (active.value + count - 1) % count
    else if (event.key === 'Escape') close()
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      pick(options.value[active.value])
    } else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  return { options, active, update, finish, close, pick, onKey }
}
