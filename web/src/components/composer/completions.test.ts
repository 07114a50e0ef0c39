import type { Conversation, Member, Person } from '@parley/protocol/resources'
import { expect, test } from 'vitest'
import { personCompletions } from './completions.ts'

const user = (id: number, username: string) => ({ id, username })
const member = (id: number, username: string) => ({ user: user(id, username) }) as Member
const person = (id: number, username: string, fullName: string): Person => ({
  ...user(id, username),
  fullName,
})

function suggested(query: string, others: Person[] = [], memberCount = 3): string[] {
  const conversation = { kind: 'public', memberCount } as Conversation
  const members = [member(1, 'emil'), member(2, 'Ánna'), member(3, 'joanna')]
  const words = { everybody: 'Everybody', notMember: 'Not a member' }
  return personCompletions({ conversation, members, others, query, words }).map(
    ({ insert, detail }) => [insert, detail].filter(Boolean).join(' '),
  )
}

test('members come first, those whose name begins so before the others', () => {
  expect(suggested('AN')).toEqual(['@Ánna', '@joanna'])
  expect(suggested('')).toEqual(['@Ánna', '@emil', '@joanna'])
})

test('people whom the server finds follow, and it is said that they are no members', () => {
  expect(suggested('ann', [person(1, 'emil', 'Emil Annan'), person(9, 'anno', 'Hanno')])).toEqual([
    '@Ánna',
    '@joanna',
    '@emil Emil Annan',
    '@anno Hanno · Not a member',
  ])
  expect(suggested('anno', [person(9, 'anno', '')], 200)).toEqual(['@anno'])
})

test('everybody is offered once somebody types it', () => {
  expect(suggested('al')).toEqual(['@all Everybody'])
})
