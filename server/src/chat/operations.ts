import type { Database } from '../database/database.ts'
import type { Announce } from './announce.ts'
import { conversationHandlers } from './conversations.ts'
import { stateHandlers } from './conversation-state.ts'
import type { Handlers } from './door.ts'
import { memberHandlers } from './members.ts'
import { messageListHandlers } from './message-lists.ts'
import { messageHandlers, type Send } from './messages.ts'
import type { OwnLogins } from './own-logins.ts'
import { profileHandlers } from './profiles.ts'
import type { ReadPositions } from './read-positions.ts'
import type { States } from './states.ts'

interface Deps {
  db: Database
  announce: Announce
  send: Send
  logins: OwnLogins
  positions: ReadPositions
  states: States
}

/** What each operation does; the table of operations says that none is missing. */
export const createHandlers = ({
  db,
  announce,
  send,
  logins,
  positions,
  states,
}: Deps): Handlers => ({
  'users.me': async ({ user }) => ({ user }),
  'users.changePassword': (caller, input) => logins.changePassword(caller, input),
  'logins.list': (caller) => logins.listLogins(caller),
  'logins.revoke': (caller, input) => logins.revokeLogin(caller, input),
  'logins.revokeOthers': (caller) => logins.revokeOtherLogins(caller),
  ...conversationHandlers(db, announce),
  ...memberHandlers(db, announce),
  ...profileHandlers(db, announce),
  ...stateHandlers({ db, announce, positions, states }),
  ...messageHandlers(db, announce, send),
  ...messageListHandlers(db, announce),
})
