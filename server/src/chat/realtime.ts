import {
  chatChannel,
  conversationChannel,
  parseChannel,
  userChannel,
} from '@parley/protocol/channels'
import type { ConversationId } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import { isOperation } from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'
import type { Database } from '../database/database.ts'
import type { Caller } from './caller.ts'
import type { Door } from './door.ts'
import { mayRead } from './policies.ts'
import type { RealtimeCredentials, RealtimeIdentity } from './realtime-identity.ts'
import type { States } from './states.ts'
import type { Threads } from './threads.ts'

interface Deps {
  db: Database
  door: Door
  states: States
  threads: Threads
  credentials: RealtimeCredentials
}

/** Chat's answers to what the gateway asks (its `Rules`). */
export const createRealtime = ({ db, door, states, threads, credentials }: Deps) => ({
  async connect(given: Parameters<RealtimeCredentials['identify']>[0]) {
    const { identity, expiresAtMs } = await credentials.identify(given)
    return {
      identity,
      data: {
        user: identity.caller.user,
        ...(!identity.tutorial && { time: new Date().toISOString() }),
      },
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    }
  },

  async recheck(identity: RealtimeIdentity) {
    if (!(await credentials.stillValid(identity))) return undefined
    if (identity.tutorial) return { now: [chatChannel], later: [] }
    const { id } = identity.caller.user
    const own = (await db.conversations.idsOf(id)).map(conversationChannel)
    const latest = own.slice(0, limits.conversationsPerSession)
    return { now: [userChannel(id), ...latest], later: own.slice(latest.length) }
  },

  async screens({ caller }: RealtimeIdentity, channels: string[]) {
    const ids = conversationsIn(channels)
    if (ids.length === 0) return new Map()
    const { epoch, conversations } = await db.conversations.summaries(caller.user.id, ids)
    const shared = await states.shared(caller.user.id, conversations)
    return new Map(
      conversations.map((conversation) => [
        conversationChannel(conversation.id),
        {
          data: { conversation, ...shared.get(conversation.id) },
          epoch,
          offset: conversation.lastSeq,
        },
      ]),
    )
  },

  async states({ caller }: RealtimeIdentity, channels: string[]) {
    const ids = conversationsIn(channels)
    if (ids.length === 0) return new Map()
    const whole = await states.whole(caller.user.id, ids)
    return new Map(
      [...whole].map(([id, state]) => [conversationChannel(id), { type: 'state', ...state }]),
    )
  },

  async subscribe({ caller }: RealtimeIdentity, channel: string) {
    const address = parseChannel(channel)
    if (!address) throw new Refusal('unknownChannel')
    if (address.kind === 'chat') return
    if (address.kind === 'user') {
      if (address.id !== caller.user.id) throw new Refusal('permissionDenied')
      return
    }
    const access = (await db.conversations.access(caller.user.id, [address.id])).get(address.id)
    if (!access || !mayRead(access)) throw new Refusal('permissionDenied')
  },

  async publish(_identity: RealtimeIdentity, channel: string) {
    throw new Refusal(parseChannel(channel) ? 'permissionDenied' : 'unknownChannel')
  },

  async rpc(
    identity: RealtimeIdentity,
    method: string,
    data: unknown,
    context: { hold(channel: string): Promise<void> },
  ) {
    if (isOperation(method)) return { data: await door.perform(identity.caller, method, data) }
    const authToken = authTokenIn(data)
    if (!identity.tutorial && authToken === undefined && !method.startsWith('thread:'))
      throw new Refusal('methodNotFound')
    await credentials.confirm(identity, authToken)
    return threadCall(threads, identity.caller, method, data, context)
  },

  refresh: (identity: RealtimeIdentity, token: string) => credentials.refresh(identity, token),

  async changedUsers(identities: RealtimeIdentity[]) {
    const revs = await db.users.revs([...new Set(identities.map(({ caller }) => caller.user.id))])
    const changed = identities.filter(({ caller, rev }) => revs.get(caller.user.id) !== rev)
    return new Set(changed.map(({ user }) => user))
  },
})

const conversationsIn = (channels: string[]): ConversationId[] =>
  channels.flatMap((channel) => {
    const address = parseChannel(channel)
    return address?.kind === 'conversation' ? [address.id] : []
  })

const authTokenIn = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'authToken' in data ? data.authToken : undefined

/** Contract A3, after the token check. An unknown method is a successful reply there. */
async function threadCall(
  threads: Threads,
  caller: Caller,
  method: string,
  data: unknown,
  context: { hold(channel: string): Promise<void> },
) {
  switch (method) {
    case 'thread:history': {
      await context.hold(chatChannel)
      const { answer, onChat } = await threads.history(caller, data)
      return { data: answer, contains: onChat }
    }
    case 'thread:publish':
      return { data: await threads.publish(caller, data) }
    default:
      return { data: { error: 'Not found', code: 404 } }
  }
}
