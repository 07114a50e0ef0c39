import { computed, nextTick, type Ref } from 'vue'
import { isTyping, pressed, type ShortcutName } from '../../keyboard/shortcuts.ts'
import type { Row } from './message-rows.ts'

const framesMax = 120

interface Options {
  scroller: Ref<HTMLElement | null>
  rows: Ref<readonly Row[]>
  /** The key of the row that has the focus, or had it; the scroller keeps it in the document. */
  focused: Ref<string | undefined>
}

/**
 * One stop for Tab in the timeline: arrows, Home and End move it from message to message. Controls
 * of a message that have keys of their own carry `data-action="edit|reply|react"`.
 */
export function useTimelineFocus({ scroller, rows, focused }: Options) {
  /** The row that Tab leads to: where one was, else the last. */
  const stop = computed(() => {
    const isThere = rows.value.some(({ key }) => key === focused.value)
    return isThere ? focused.value : rows.value.at(-1)?.key
  })

  const articleAt = (index: number) =>
    scroller.value?.querySelector<HTMLElement>(`[data-index="${index}"] article`)

  async function moveTo(index: number): Promise<void> {
    const row = rows.value[index]
    if (!row) return
    focused.value = row.key
    for (let turn = 0; turn < 3 && !articleAt(index); turn++) await nextTick()
    const article = articleAt(index)
    article?.focus({ preventScroll: true })
    article?.scrollIntoView({ block: 'nearest' })
  }

  function doIn(article: HTMLElement, name: ShortcutName, index: number): void {
    const last = rows.value.length - 1
    const target = {
      messageUp: index - 1,
      messageDown: index + 1,
      firstMessage: 0,
      lastMessage: last,
    }
    if (name in target) {
      void moveTo(target[name as keyof typeof target])
    } else void act(article, name)
  }

  /** What one can do with a message is drawn, and at first loaded, once it has the focus. */
  async function act(article: HTMLElement, name: ShortcutName): Promise<void> {
    const actions = () => article.querySelector<HTMLElement>('.actions')
    for (let frame = 0; frame < framesMax && !actions(); frame++)
      await new Promise(requestAnimationFrame)
    if (!article.contains(document.activeElement)) return
    if (name === 'actions') actions()?.querySelector<HTMLElement>('button')?.focus()
    else actions()?.querySelector<HTMLElement>(`[data-action="${name}"]`)?.click()
  }

  function onKeydown(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    const article = target.closest('article')
    if (!article || event.defaultPrevented || isTyping(target)) return
    const name = pressed(event, 'messages')
    // Enter on a control is the control's.
    if (!name || (name === 'actions' && target !== article)) return
    const index = Number(article.closest<HTMLElement>('[data-index]')?.dataset['index'])
    event.preventDefault()
    doIn(article, name, index)
  }

  function onFocusin({ target }: FocusEvent): void {
    const place = (target as HTMLElement).closest<HTMLElement>('[data-index]')
    if (!place) return
    focused.value = rows.value[Number(place.dataset['index'])]?.key
  }

  return { stop, onKeydown, onFocusin }
}
