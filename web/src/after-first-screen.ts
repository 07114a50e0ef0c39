/**
 * What the page needs right after its first screen. The components are loaded before somebody opens
 * them: without a connection it would be too late then.
 */
export { createNotifier } from './notifications/notify.ts'
export { serveOffline } from './offline.ts'
export { keepCopies } from './stores/copying.ts'
export { followSaved } from './stores/saved-marks.ts'

void Promise.all([
  import('./components/account/AccountEntries.vue'),
  import('./components/composer/CompletionList.vue'),
  import('./components/composer/ComposerReply.vue'),
  import('./components/conversations/ConversationMenuCard.vue'),
  import('./components/emoji/EmojiPopover.vue'),
  import('./components/messages/MessageActions.vue'),
  import('./components/messages/MessageDelete.vue'),
  import('./components/messages/MessageEditor.vue'),
  import('./components/messages/MessageMenu.vue'),
  import('./components/messages/MessageReceipt.vue'),
]).catch(() => {})
