import type { Change } from '@parley/protocol/changes'
import type { ConversationId } from '@parley/protocol/ids'
import type { Conversation, Message } from '@parley/protocol/resources'
import type { Router } from 'vue-router'
import { words } from '../i18n/words.ts'
import { plainText } from '../markdown/plain-text.ts'
import { toMessage } from '../places.ts'
import { useConversations } from '../stores/conversations.ts'
import { titleOf } from '../components/conversations/conversation-title.ts'
import { useNotificationChoices } from '../stores/notification-choices.ts'
import { useSession } from '../stores/session.ts'
import { useSettings } from '../stores/settings.ts'
import { isWorthCalling } from './decide.ts'
import { createTabs } from './tabs.ts'

const longest = 200

export type Notifier = (id: ConversationId, change: Change) => void

/** Calls for me when something arrives that I do not look at. */
export function createNotifier(router: Router): Notifier {
  const session = useSession()
  const conversations = useConversations()
  const settings = useSettings()
  const choices = useNotificationChoices()
  const tabs = createTabs()

  function isLooking(id: ConversationId): boolean {
    const { name, params } = router.currentRoute.value
    const here = name === 'conversation' && Number(params.id) === id
    return here && document.visibilityState === 'visible' && document.hasFocus()
  }

  function call(message: Message, conversation: Conversation): void {
    if (choices.sound) void import('./tone.ts').then(({ playTone }) => playTone())
    if (choices.desktop) show(message, conversation)
  }

  function show(message: Message, conversation: Conversation): void {
    const { id } = conversation
    const note = new Notification(headlineOf(message, conversation), {
      body: plainText(message.content).slice(0, longest),
      // One per conversation: the newest takes the place of the one before.
      tag: `parley-${id}`,
      silent: true,
    })
    note.addEventListener('click', () => {
      note.close()
      window.focus()
      void router.push(toMessage(id, message.id))
    })
  }

  return function arrived(id: ConversationId, change: Change): void {
    if (change.type !== 'message.created') return
    const { message } = change
    const looking = isLooking(id)
    if (looking) tabs.inSight(message.id)
    const conversation = conversations.find(id)
    if (!conversation || (!choices.sound && !choices.desktop)) return
    const doNotDisturbUntil = settings.settings?.doNotDisturbUntil ?? null
    const situation = { message, conversation, me: session.me, doNotDisturbUntil, looking }
    if (!isWorthCalling({ ...situation, now: session.serverNow() })) return
    tabs.once(message.id, () => call(message, conversation))
  }
}

function headlineOf({ user }: Message, conversation: Conversation): string {
  const name = titleOf(conversation)
  return name === user.username ? name : words.notifications.from(user.username, name)
}
