import { expect, test } from 'vitest'
import { aConversation, bill } from '../../stores/testing/builders.ts'
import { titleOf } from './conversation-title.ts'

test('a direct conversation is called after the others in it, any other one by its name', () => {
  const carol = { id: 3, username: 'carol' }
  const direct = { kind: 'direct', name: 'bill, carol, john' } as const
  expect(titleOf(aConversation({ ...direct, people: [bill, carol] }))).toBe('bill, carol')
  expect(titleOf(aConversation({ ...direct, people: [] }))).toBe('bill, carol, john')
  expect(titleOf(aConversation({ name: 'Plans' }))).toBe('Plans')
})
