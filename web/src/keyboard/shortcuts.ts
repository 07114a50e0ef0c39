import { words } from '../i18n/words.ts'

type Names = typeof words.keyboard.names
export type ShortcutName = keyof Names

/**
 * Keys as `KeyboardEvent.key` names them, joined by `+`. `Mod` is Ctrl, and the command key on a
 * Mac. A single character stands for itself, wherever Shift is needed for it.
 */
export interface Shortcut {
  readonly name: ShortcutName
  readonly keys: string
  readonly group: keyof typeof words.keyboard.groups
}

/** Every shortcut there is, in the order of the sheet that `?` shows. Add yours here. */
export const shortcuts: readonly Shortcut[] = [
  { name: 'switch', keys: 'Mod+k', group: 'everywhere' },
  { name: 'previous', keys: 'Alt+ArrowUp', group: 'everywhere' },
  { name: 'next', keys: 'Alt+ArrowDown', group: 'everywhere' },
  { name: 'previousUnread', keys: 'Alt+Shift+ArrowUp', group: 'everywhere' },
  { name: 'nextUnread', keys: 'Alt+Shift+ArrowDown', group: 'everywhere' },
  { name: 'region', keys: 'F6', group: 'everywhere' },
  { name: 'regionBack', keys: 'Shift+F6', group: 'everywhere' },
  { name: 'write', keys: 'Escape', group: 'everywhere' },
  { name: 'help', keys: '?', group: 'everywhere' },
  { name: 'messageUp', keys: 'ArrowUp', group: 'messages' },
  { name: 'messageDown', keys: 'ArrowDown', group: 'messages' },
  { name: 'firstMessage', keys: 'Home', group: 'messages' },
  { name: 'lastMessage', keys: 'End', group: 'messages' },
  { name: 'actions', keys: 'Enter', group: 'messages' },
  { name: 'edit', keys: 'e', group: 'messages' },
  { name: 'reply', keys: 'r', group: 'messages' },
  { name: 'react', keys: '+', group: 'messages' },
  { name: 'send', keys: 'Enter', group: 'writing' },
  { name: 'newLine', keys: 'Shift+Enter', group: 'writing' },
  { name: 'editLast', keys: 'ArrowUp', group: 'writing' },
]

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '')
const mod = isMac ? 'Meta' : 'Control'

/** The shortcut of this group that was pressed. */
export function pressed(event: KeyboardEvent, group: Shortcut['group']): ShortcutName | undefined {
  if (event.isComposing) return undefined
  const found = shortcuts.find((shortcut) => shortcut.group === group && fits(shortcut.keys, event))
  return found?.name
}

function fits(keys: string, { key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const { modifiers, last } = partsOf(keys)
  const held = { Control: ctrlKey, Meta: metaKey, Alt: altKey, Shift: shiftKey }
  // AltGr makes characters on many keyboards, and reports itself as Ctrl and Alt.
  if (last.length === 1 && modifiers.length === 0)
    return key === last && !metaKey && !(ctrlKey && !altKey)
  const exact = Object.entries(held).every(([name, isHeld]) => isHeld === modifiers.includes(name))
  return exact && key.toLowerCase() === last.toLowerCase()
}

/** `Mod+k` as it stands on the keys of this system: `['Ctrl', 'K']`. */
export function keyCaps(keys: string): string[] {
  const { modifiers, last } = partsOf(keys)
  const caps: Partial<Record<string, string>> = words.keyboard.keys
  return [...modifiers, last].map((key) => caps[key] ?? key.toUpperCase())
}

function partsOf(keys: string): { modifiers: string[]; last: string } {
  const parts = keys === '+' ? ['+'] : keys.split('+')
  return {
    modifiers: parts.slice(0, -1).map((key) => (key === 'Mod' ? mod : key)),
    last: parts.at(-1)!,
  }
}

/** Keys typed there are text. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest(
    'textarea, input:not([type=radio], [type=checkbox]), select, [contenteditable=true]',
  ) !== null
