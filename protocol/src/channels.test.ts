import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatChannel, conversationChannel, parseChannel, userChannel } from './channels.ts'

test('a channel’s name addresses what it was made for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
      expect(parseChannel(conversationChannel(id))).toEqual({ kind: 'conversation', id })
      expect(parseChannel(userChannel(id))).toEqual({ kind: 'user', id })
    }),
  )
  expect(parseChannel(chatChannel)).toEqual({ kind: 'chat' })
})

test('no two names address the same', () => {
  const names = ['conversation:01', 'conversation:+1', 'conversation:1 ', ' conversation:1']
  const more = ['conversation:1.0', 'conversation:1e1', 'conversation:١', 'conversation:0x1']
  const odd = ['CONVERSATION:1', 'conversation:1\n', 'chat ', 'Chat', 'conversation:-1']
  const none = ['', ':', 'user', 'user:', 'user:0', 'conversation', 'conversation:9007199254740992']
  for (const name of [...names, ...more, ...odd, ...none, 'toString', '__proto__'])
    expect(parseChannel(name), JSON.stringify(name)).toBeUndefined()
})
