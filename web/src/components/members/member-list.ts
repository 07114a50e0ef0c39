import { errorCodes } from '@parley/protocol/codes'
import type { Member, MemberRole } from '@parley/protocol/resources'
import { inject, ref, watch } from 'vue'
import { words } from '../../i18n/words.ts'
import { connectionKey } from '../../realtime/connection.ts'
import { explain } from '../../refusals.ts'
import type { ConversationDetails } from '../../stores/conversation-details.ts'

const pauseMs = 150
const pageSize = 50

/** The members of a conversation that fit what is asked for, page by page, and what is done with them. */
export function useMemberList(conversation: () => ConversationDetails) {
  const connection = inject(connectionKey)!
  const query = ref('')
  const members = ref<readonly Member[]>([])
  const more = ref(false)
  const problem = ref('')
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function attempt(action: () => Promise<void>): Promise<void> {
    problem.value = ''
    try {
      await action()
    } catch (error) {
      problem.value = explain(error, { [errorCodes.conflict.code]: words.members.lastOwner })
    }
  }

  const load = (known: readonly Member[] = [], limit = Math.max(pageSize, members.value.length)) =>
    attempt(async () => {
      const question = ++asked
      const after = known.at(-1)?.user.id
      const page = await connection.call('members.list', {
        id: conversation().id,
        limit: Math.min(100, known.length > 0 ? pageSize : limit),
        ...(query.value.trim() && { query: query.value.trim() }),
        ...(after && { after }),
      })
      if (question !== asked) return
      members.value = [...known, ...page.members]
      more.value = page.more
    })

  const remove = (member: Member) =>
    attempt(async () => {
      const { id: userId } = member.user
      await connection.call('members.remove', { id: conversation().id, userId })
      members.value = members.value.filter(({ user }) => user.id !== userId)
    })

  const changeRole = ({ user }: Member, role: MemberRole) =>
    attempt(async () => {
      const input = { id: conversation().id, userId: user.id, role }
      try {
        const { member } = await connection.call('members.change', input)
        members.value = members.value.map((one) => (one.user.id === user.id ? member : one))
      } catch (error) {
        // What was chosen is not so.
        members.value = members.value.map((one) => ({ ...one }))
        throw error
      }
    })

  watch(query, () => {
    clearTimeout(timer)
    timer = setTimeout(load, pauseMs)
  })

  return { query, members, more, problem, load, remove, changeRole }
}
