import type { LoginId } from '@parley/protocol/ids'
import type { User } from '@parley/protocol/resources'

/** Who asks: a signed-in person, through one of their logins. */
export interface Caller {
  user: User
  loginId: LoginId
}
