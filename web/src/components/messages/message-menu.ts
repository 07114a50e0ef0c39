import type { Message } from '@parley/protocol/resources'
import { Bookmark, BookmarkX, Clock, Link, MailOpen, Pin, PinOff, Trash2 } from '@lucide/vue'
import { words } from '../../i18n/words.ts'
import type { ConversationDetails } from '../../stores/conversation-details.ts'
import type { useMessageActions } from '../../stores/message-actions.ts'
import type { MenuItem } from '../menus/menu-item.ts'

type Actions = ReturnType<typeof useMessageActions>

/** What one may do with a message beyond what the bar itself offers. */
export function menuOf(
  message: Message,
  { archivedAt, role }: ConversationDetails,
  mine: boolean,
  actions: Actions,
  open: (dialog: 'delete' | 'history') => void,
): MenuItem[] {
  const say = words.messageActions
  const saved = actions.isSaved(message.id)
  const pin = message.pinnedAt
    ? { text: say.unpin, icon: PinOff, run: () => actions.pin(message) }
    : { text: say.pin, icon: Pin, run: () => actions.pin(message) }
  const save = saved
    ? { text: say.unsave, icon: BookmarkX, run: () => actions.save(message, false) }
    : { text: say.save, icon: Bookmark, run: () => actions.save(message, true) }
  const link = { text: say.copyLink, icon: Link, run: () => actions.copyLink(message) }
  const unread = { text: say.markUnread, icon: MailOpen, run: () => actions.markUnread(message) }
  const history = { text: say.history, icon: Clock, run: () => open('history') }
  const remove = {
    ...{ text: words.messages.delete, icon: Trash2, danger: true },
    run: () => open('delete'),
  }
  const manages = role === 'owner' || role === 'admin'
  return [
    ...(archivedAt ? [] : [pin]),
    ...[save, link, unread],
    ...(message.editedAt ? [history] : []),
    ...(mine || manages ? [remove] : []),
  ]
}
