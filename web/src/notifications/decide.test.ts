import type { Conversation, Message } from '@parley/protocol/resources'
import { describe, expect, test } from 'vitest'
import { aConversation, aMessage, john } from '../stores/testing/builders.ts'
import { isWorthCalling } from './decide.ts'

const now = Date.parse('2026-11-22T12:00:30.000Z')
const later = '2026-11-22T13:00:00.000Z'

interface Given {
  message?: Partial<Message>
  conversation?: Partial<Conversation>
  looking?: boolean
  doNotDisturbUntil?: string
}

function calls({ message, conversation, ...situation }: Given = {}): boolean {
  return isWorthCalling({
    message: aMessage(11, message),
    conversation: aConversation(conversation),
    me: john.id,
    doNotDisturbUntil: null,
    looking: false,
    now,
    ...situation,
  })
}

describe('a message calls for me', () => {
  test('when somebody else wrote it and I do not look', () => {
    expect(calls()).toBe(true)
    expect(calls({ looking: true })).toBe(false)
    expect(calls({ message: { user: john } })).toBe(false)
  })

  test('as far as the conversation may', () => {
    const toMe = { mentions: [john.id] }
    const cases = [
      [{ notify: 'all' }, {}, true],
      [{ notify: 'mentions' }, {}, false],
      [{ notify: 'mentions' }, toMe, true],
      [{ notify: 'mentions' }, { mentionsAll: true }, true],
      [{ notify: 'none' }, toMe, false],
      [{ muted: true }, toMe, false],
    ] satisfies [Partial<Conversation>, Partial<Message>, boolean][]
    for (const [conversation, message, expected] of cases)
      expect(calls({ conversation, message })).toBe(expected)
  })

  test('not while I want quiet, and again afterwards', () => {
    expect(calls({ doNotDisturbUntil: later })).toBe(false)
    expect(calls({ doNotDisturbUntil: '2026-11-22T11:00:00.000Z' })).toBe(true)
  })

  test('not when it is no news: read elsewhere, deleted, or from long ago', () => {
    expect(calls({ conversation: { lastReadSeq: 11 } })).toBe(false)
    expect(calls({ message: { deletedAt: later } })).toBe(false)
    expect(calls({ message: { createdAt: '2026-11-22T11:50:00.000Z' } })).toBe(false)
  })
})
