import type { MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { words } from '../i18n/words.ts'
import { addressOf } from '../places.ts'
import { explain } from '../refusals.ts'
import { useAnnouncer } from './announcer.ts'
import { useLeftUnread } from './left-unread.ts'
import { useMessages } from './messages.ts'
import { useSaved } from './saved.ts'
import { useSession } from './session.ts'

const problemForMs = 6_000
const copiedForMs = 2_000

/** What one does with messages beyond writing them. What is refused is said in `problem` for a while. */
export const useMessageActions = defineStore('message-actions', () => {
  const session = useSession()
  const messages = useMessages()
  const announcer = useAnnouncer()
  const leftUnread = useLeftUnread()
  const saved = useSaved()
  const problem = ref('')
  let clearing: ReturnType<typeof setTimeout> | undefined
  /** The message whose link was copied a moment ago. */
  const copied = ref<MessageId>()
  let uncopying: ReturnType<typeof setTimeout> | undefined

  async function attempt(work: () => Promise<void>): Promise<void> {
    problem.value = ''
    try {
      await work()
    } catch (error) {
      tell(error)
    }
  }

  function tell(error: unknown): void {
    problem.value = explain(error)
    clearTimeout(clearing)
    clearing = setTimeout(() => (problem.value = ''), problemForMs)
  }

  watch(
    () => messages.refusal,
    (refused) => {
      if (!refused) return
      const { kind, messageId } = refused.outgoing
      if (kind === 'save' || kind === 'unsave') saved.hear(messageId!, kind === 'unsave')
      tell(refused.error)
    },
  )

  const has = ({ reactions }: Message, emoji: string): boolean =>
    reactions.some(
      (reaction) => reaction.emoji === emoji && reaction.users.some(({ id }) => id === session.me),
    )

  return {
    problem,
    copied,
    attempt,
    isSaved: saved.has,

    /** Adds my reaction, or takes it back; `add` never takes back. */
    react: (message: Message, emoji: string, add = !has(message, emoji)) =>
      messages.mark(message, add ? 'react' : 'unreact', emoji),

    /** Pins it, or takes the pin away. */
    pin: (message: Message) => messages.mark(message, message.pinnedAt ? 'unpin' : 'pin'),

    save(message: Message, keep: boolean): void {
      saved.hear(message.id, keep)
      messages.mark(message, keep ? 'save' : 'unsave')
    },

    copyLink: (message: Message) =>
      attempt(async () => {
        const { copyText } = await import('../copy-text.ts')
        await copyText(addressOf(message))
        copied.value = message.id
        announcer.say(words.messageActions.copied)
        clearTimeout(uncopying)
        uncopying = setTimeout(() => (copied.value = undefined), copiedForMs)
      }),

    markUnread(message: Message): void {
      leftUnread.leave(message.conversationId, message.seq)
      messages.mark(message, 'unread', String(message.seq))
    },
  }
})
