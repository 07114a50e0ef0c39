import type { ConversationId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { attentionOf } from './attention.ts'
import { useConversations } from './conversations.ts'
import { useDrafts } from './drafts.ts'
import { kept } from './kept.ts'
import { useMessages } from './messages.ts'
import { isLoaded } from './timeline.ts'

export const sectionKeys = ['favourites', 'conversations', 'direct', 'archived'] as const
export type SectionKey = (typeof sectionKeys)[number]

/** Which conversations stand where in the list beside them, and which sections are folded. */
export const useSidebar = defineStore('sidebar', () => {
  const conversations = useConversations()
  const drafts = useDrafts()
  const messages = useMessages()
  const folded = kept<SectionKey[]>('folded', ['archived'])

  /** That somebody thought of writing to me is not told before they do. */
  const isBegun = ({ id, kind, lastOrdinal }: Conversation): boolean =>
    kind !== 'direct' ||
    lastOrdinal > 0 ||
    isLoaded(messages.timeline(id)) ||
    messages.outgoing(id).length > 0 ||
    drafts.get(id) !== ''

  const listed = computed(() => conversations.list.filter(isBegun))
  const sections = computed(() =>
    sectionKeys
      .map((key) => ({
        key,
        folded: folded.value.includes(key),
        conversations: listed.value.filter((one) => sectionOf(one) === key),
      }))
      .filter((section) => section.conversations.length > 0),
  )
  /** As they stand on the screen, from top to bottom. */
  const ordered = computed(() => sections.value.flatMap((section) => section.conversations))

  function toggle(key: SectionKey): void {
    const others = folded.value.filter((other) => other !== key)
    folded.value = others.length < folded.value.length ? others : [...others, key]
  }

  /** The next one below (1) or above (-1), round in a circle; undefined where there is none. */
  function neighbour(
    here: ConversationId | undefined,
    step: 1 | -1,
    unreadOnly = false,
  ): Conversation | undefined {
    const all = ordered.value
    const at = all.findIndex(({ id }) => id === here)
    // Going up from nowhere begins at the end.
    const start = at < 0 && step < 0 ? 0 : at
    const others = all.map((_, n) => all.at((start + step * (n + 1)) % all.length)!)
    return others.find((one) => one.id !== here && (!unreadOnly || attentionOf(one) > 0))
  }

  return { sections, ordered, toggle, neighbour }
})

function sectionOf({ archivedAt, favourite, kind }: Conversation): SectionKey {
  if (archivedAt !== null) return 'archived'
  if (favourite) return 'favourites'
  return kind === 'direct' ? 'direct' : 'conversations'
}
