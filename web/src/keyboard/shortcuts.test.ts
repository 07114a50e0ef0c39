import { expect, test } from 'vitest'
import { keyCaps, pressed } from './shortcuts.ts'

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false }
const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  ({ ...none, key, ...held }) as KeyboardEvent

test('a shortcut is found by its keys and exactly the modifiers it names', () => {
  expect(pressed(press('k', { ctrlKey: true }), 'everywhere')).toBe('switch')
  expect(pressed(press('K', { ctrlKey: true }), 'everywhere')).toBe('switch')
  expect(pressed(press('k'), 'everywhere')).toBeUndefined()
  expect(pressed(press('k', { ctrlKey: true, altKey: true }), 'everywhere')).toBeUndefined()
  expect(pressed(press('F6', { shiftKey: true }), 'everywhere')).toBe('regionBack')
})

test('a character is a shortcut however the keyboard makes it, and not while a word is composed', () => {
  expect(pressed(press('?', { shiftKey: true }), 'everywhere')).toBe('help')
  expect(pressed(press('?', { ctrlKey: true, altKey: true }), 'everywhere')).toBe('help')
  expect(pressed(press('+'), 'messages')).toBe('react')
  expect(pressed(press('e', { ctrlKey: true }), 'messages')).toBeUndefined()
  expect(pressed(press('e', { isComposing: true }), 'messages')).toBeUndefined()
})

test('the sheet shows keys as they are called', () => {
  expect(['Mod+k', 'Shift+F6', '+', 'Alt+ArrowUp'].map(keyCaps)).toEqual([
    ['Ctrl', 'K'],
    ['Shift', 'F6'],
    ['+'],
    ['Alt', '↑'],
  ])
})
