import { beforeEach, describe, expect, test } from 'vitest'
import { useMembers } from './members.ts'
import { aConversation, bill, john, joined } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'

const dora = { id: 3, username: 'dora' }
const aMember = (user: typeof john) => ({ user, role: 'member' as const, joinedAt: '' })
const left = (seq: number, user: typeof john) =>
  ({ type: 'member.left', seq, at: '', actor: user, user }) as const

let answer: (lastSeq: number, members: (typeof john)[]) => void
let calls: number
beforeEach(() => {
  calls = 0
  aPage(() => {
    calls++
    return new Promise((resolve) => {
      answer = (lastSeq, members) =>
        resolve({ conversation: aConversation({ lastSeq }), members: members.map(aMember) })
    })
  })
})

const names = () =>
  useMembers()
    .of(7)
    ?.map(({ user }) => user.username)

describe('the members of a conversation', () => {
  test('follow who joins and who leaves', async () => {
    const loading = useMembers().ensure(7)
    answer(10, [john, bill])
    await loading
    useMembers().apply(7, joined(11, dora))
    useMembers().apply(7, left(12, bill))
    expect(names()).toEqual(['john', 'dora'])
  })

  test('are right where somebody joins while they are asked for', async () => {
    const loading = useMembers().ensure(7)
    useMembers().apply(7, left(10, dora))
    useMembers().apply(7, joined(11, dora))
    answer(10, [john])
    await loading
    expect(names()).toEqual(['john', 'dora'])
  })

  test('are asked for once, and again after something was missed', async () => {
    const loading = [useMembers().ensure(7), useMembers().ensure(7)]
    answer(10, [john])
    await Promise.all(loading)
    expect(calls).toBe(1)
    useMembers().missed(7)
    useMembers().missed(8)
    expect(calls).toBe(2)
  })
})
