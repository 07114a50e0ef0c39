import { Refusal } from '@parley/protocol/refusal'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import type { ReadPositions } from './read-positions.ts'
import { isSmall, ownPositionOf, type States } from './states.ts'

type StateHandlers = Pick<
  Handlers,
  | 'conversations.read'
  | 'conversations.markUnread'
  | 'conversations.delivered'
  | 'conversations.typing'
  | 'conversations.state'
>

interface Deps {
  db: Database
  announce: Announce
  positions: ReadPositions
  states: States
}

/** State that is not history: it takes no number. */
export const stateHandlers = ({ db, announce, positions, states }: Deps): StateHandlers => ({
  'conversations.read': async ({ user }, { id, seq }) => {
    return ownPositionOf(await positions.read(user.id, id, seq))
  },

  'conversations.markUnread': async ({ user }, { id, seq }) => {
    return ownPositionOf(await positions.setBack(user.id, id, seq))
  },

  'conversations.delivered': async ({ user }, { positions: reached }) => {
    await positions.delivered(user.id, reached)
    return {}
  },

  'conversations.typing': async ({ user }, { id }) => {
    const { memberCount } = await accessTo(db.conversations, user.id, id)
    if (isSmall(memberCount)) announce.state(id, { type: 'typing', user })
    return {}
  },

  'conversations.state': async ({ user }, { id }) => {
    const state = (await states.whole(user.id, [id])).get(id)
    if (!state) throw new Refusal('notFound')
    return { state }
  },
})
