import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../local/queue.ts'
import { changesIn, overlay } from './overlay.ts'
import { aMessage, anOutgoing, bill, john } from './testing/builders.ts'

const thumb = '👍'
const seen = [{ emoji: '👀', users: [bill] }]
const waiting = (kind: Outgoing['kind'], content = thumb, fields: Partial<Outgoing> = {}) =>
  anOutgoing(`${kind} ${content}`, { kind, content, messageId: 101, ...fields })

function shownReactions(stored: { emoji: string; users: (typeof john)[] }[], queue: Outgoing[]) {
  const [shown] = overlay([aMessage(1, { reactions: stored })], queue, john)
  return shown!.reactions.map(
    ({ emoji, users }) => `${emoji} ${users.map((each) => each.username)}`,
  )
}

describe('a reaction of mine that is on its way', () => {
  test('is shown behind those that are there', () => {
    expect(shownReactions(seen, [waiting('react')])).toEqual(['👀 bill', '👍 john'])
    expect(shownReactions(seen, [waiting('react', '👀')])).toEqual(['👀 bill,john'])
  })

  test('is shown once where the server has told of it before its answer', () => {
    const stored = [{ emoji: thumb, users: [john, bill] }]
    expect(shownReactions(stored, [waiting('react')])).toEqual(['👍 john,bill'])
  })

  test('taken back is gone at once, and its place where it was the only one', () => {
    const stored = [{ emoji: thumb, users: [john, bill] }]
    expect(shownReactions(stored, [waiting('unreact')])).toEqual(['👍 bill'])
    expect(shownReactions([{ emoji: thumb, users: [john] }], [waiting('unreact')])).toEqual([])
    expect(shownReactions(seen, [waiting('unreact')])).toEqual(['👀 bill'])
  })

  test('given and taken back in turn, the last one counts', () => {
    const queue = [waiting('react'), waiting('unreact'), waiting('react')]
    expect(shownReactions([], queue)).toEqual(['👍 john'])
  })

  test('is no change of the message that would have to be said beside it', () => {
    expect(changesIn([waiting('react')]).size).toBe(0)
    expect(changesIn([waiting('edit', 'new'), waiting('react')]).get(101)?.kind).toBe('edit')
  })
})

describe('what I changed and is on its way', () => {
  test('is shown together: an edit and a reaction', () => {
    const [shown] = overlay([aMessage(1)], [waiting('edit', 'new'), waiting('react')], john)
    expect(shown).toMatchObject({ content: 'new', reactions: [{ emoji: thumb, users: [john] }] })
  })

  test('shows nothing on a message that I delete, and nothing that was refused', () => {
    const [deleted] = overlay([aMessage(1)], [waiting('delete', ''), waiting('react')], john)
    expect(deleted).toMatchObject({ content: '', reactions: [] })
    const refusal = { code: 103, message: 'permission denied' }
    const [refused] = overlay([aMessage(1)], [waiting('edit', 'new', { refusal })], john)
    expect(refused!.content).toBe('message 1')
  })

  test('leaves all other messages as they are, so that they are not drawn again', () => {
    const messages = [aMessage(1), aMessage(2)]
    expect(overlay(messages, [waiting('react')], john)[1]).toBe(messages[1])
    expect(overlay(messages, [], john)).toBe(messages)
  })
})
