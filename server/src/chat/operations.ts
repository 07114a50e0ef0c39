import type { Database } from '../database/database.ts'
import type { Announce } from './announce.ts'
import { conversationHandlers } from './conversations.ts'
import type { Handlers } from './door.ts'
import { memberHandlers } from './members.ts'
import { messageHandlers, type Send } from './messages.ts'
import type { OwnLogins } from './own-logins.ts'

/** What each operation does; the table of operations says that none is missing. */
export const createHandlers = (
  db: Database,
  announce: Announce,
  send: Send,
  logins: OwnLogins,
): Handlers => ({
  'users.me': async ({ user }) => ({ user }),
  'users.changePassword': (caller, input) => logins.changePassword(caller, input),
  'logins.list': (caller) => logins.listLogins(caller),
  'logins.revoke': (caller, input) => logins.revokeLogin(caller, input),
  ...conversationHandlers(db, announce),
  ...memberHandlers(db, announce),
  ...messageHandlers(db, announce, send),
})
