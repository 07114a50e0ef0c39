import type { Change } from '@parley/protocol/changes'
import type { ConversationId, Seq } from '@parley/protocol/ids'
import type { Member } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { inject, shallowReactive } from 'vue'
import { connectionKey } from '../realtime/connection.ts'

type Known = { members: readonly Member[]; upTo: Seq }

/** The first members (all, of a small conversation) of those conversations that were asked for. */
export const useMembers = defineStore('members', () => {
  const connection = inject(connectionKey)!
  const byConversation = shallowReactive(new Map<ConversationId, Known>())
  const loading = new Map<ConversationId, Change[]>()

  async function load(id: ConversationId): Promise<void> {
    const meanwhile: Change[] = []
    loading.set(id, meanwhile)
    try {
      const { conversation, members } = await connection.call('conversations.get', { id })
      if (loading.get(id) !== meanwhile) return
      byConversation.set(id, { members, upTo: conversation.lastSeq })
      loading.delete(id)
      for (const change of meanwhile) apply(id, change)
    } finally {
      if (loading.get(id) === meanwhile) loading.delete(id)
    }
  }

  function apply(id: ConversationId, change: Change): void {
    loading.get(id)?.push(change)
    const known = byConversation.get(id)
    if (!known || change.seq <= known.upTo) return
    byConversation.set(id, { members: afterChange(known.members, change), upTo: change.seq })
  }

  return {
    load,
    apply,
    /** Asks only where it is not known yet. */
    ensure: async (id: ConversationId): Promise<void> => {
      if (!byConversation.has(id) && !loading.has(id)) await load(id)
    },
    /** Changes were missed: what is shown is asked for again. */
    missed: (id: ConversationId): void => {
      if (byConversation.has(id)) load(id).catch(() => byConversation.delete(id))
    },
    drop: (id: ConversationId) => byConversation.delete(id),
    of: (id: ConversationId): readonly Member[] | undefined => byConversation.get(id)?.members,
  }
})

function afterChange(members: readonly Member[], change: Change): readonly Member[] {
  switch (change.type) {
    case 'member.joined': {
      const { user, role, at } = change
      const others = members.filter((member) => member.user.id !== user.id)
      return [...others, { user, role, joinedAt: at }]
    }
    case 'member.changed':
      return members.map((member) =>
        member.user.id === change.user.id ? { ...member, role: change.role } : member,
      )
    case 'member.left':
      return members.filter(({ user }) => user.id !== change.user.id)
    default:
      return members
  }
}
