import type { Change } from '@parley/protocol/changes'
import { parseChannel } from '@parley/protocol/channels'
import type { ConversationId } from '@parley/protocol/ids'
import type { Input, OperationName, Output } from '@parley/protocol/operations'
import type { Conversation, User } from '@parley/protocol/resources'
import type { ConversationNotice, SharedState, UserNotice } from '@parley/protocol/state'
import { Centrifuge, type SubscribedContext } from 'centrifuge'
import type { InjectionKey } from 'vue'
import { CallError, callErrorFrom } from './call-error.ts'
import { type Ending, endingOf } from './ending.ts'
import type { FindPageMeta } from './page-meta.ts'

/** The server has begun to send one conversation's changes. */
export interface Subscribed {
  id: ConversationId
  epoch: string
  /** Nothing was missed: what happened meanwhile follows, change by change. */
  recovered: boolean
  /** Absent where it was recovered. */
  conversation: Conversation | undefined
  /** What the members know of each other; absent where a `state` follows. */
  shared: SharedState | undefined
}

/** What the stores are told, in the order in which the server said it. */
export interface Listener {
  /** `time`: what the server's clock says, ISO 8601. */
  connected(user: User, time: string): void
  disconnected(): void
  ended(ending: Ending): void
  subscribed(event: Subscribed): void
  unsubscribed(id: ConversationId): void
  changed(id: ConversationId, change: Change): void
  /** State of a conversation, which takes no number. */
  stated(id: ConversationId, notice: ConversationNotice): void
  noticed(notice: UserNotice): void
}

/** The page's only connection. It reconnects by itself; the server resumes every conversation. */
export interface Connection {
  /** Rejects with a CallError. */
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>>
  start(listener: Listener): void
}

export const connectionKey: InjectionKey<Connection> = Symbol('connection')

const reconnectAfterMs = 5_000
/** As long as the client itself waits for an answer. */
const firstCallMaxMs = 5_000
const askAgainAfterMs = 2_000

export function createConnection(findPageMeta: FindPageMeta): Connection {
  let client: Centrifuge | undefined
  let found: (client: Centrifuge) => void
  const first = new Promise<Centrifuge>((resolve) => (found = resolve))
  const tooLate = () =>
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new CallError(0, 'not connected yet', true)), firstCallMaxMs)
    })
  return {
    async call(name, input) {
      try {
        const ready = client ?? (await Promise.race([first, tooLate()]))
        return (await ready.rpc(name, input)).data
      } catch (thrown) {
        throw callErrorFrom(thrown)
      }
    },
    start(listener) {
      void clientFor(findPageMeta, listener).then((created) => {
        client = created
        listen(client, listener)
        client.connect()
        found(client)
      })
    },
  }
}

/** As soon as the server says where its gateway is. */
async function clientFor(findPageMeta: FindPageMeta, listener: Listener): Promise<Centrifuge> {
  for (;;) {
    try {
      const { gatewayUrl, token } = await findPageMeta()
      return new Centrifuge(gatewayUrl, {
        name: 'parley-web',
        ...(token ? { token } : {}),
        minReconnectDelay: 300,
        maxReconnectDelay: 10_000,
      })
    } catch {
      listener.disconnected()
      await onlineAgain(askAgainAfterMs)
    }
  }
}

/** Resolves when the browser says so, and anyway after that long. */
const onlineAgain = (atMostMs: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, atMostMs)
    addEventListener('online', () => resolve(), { once: true })
  })

function listen(client: Centrifuge, listener: Listener): void {
  client.on('connected', ({ data }) => guard(() => listener.connected(data.user, data.time)))
  client.on('connecting', () => guard(() => listener.disconnected()))
  client.on('disconnected', ({ code }) => {
    const ending = endingOf(code)
    if (ending === 'retry') setTimeout(() => client.connect(), reconnectAfterMs)
    guard(() => listener.ended(ending))
  })
  client.on('subscribed', (context) => {
    const id = conversationOf(context.channel)
    if (id) guard(() => listener.subscribed(subscription(id, context)))
  })
  client.on('unsubscribed', ({ channel }) => {
    const id = conversationOf(channel)
    if (id) guard(() => listener.unsubscribed(id))
  })
  client.on('publication', ({ channel, data, offset }) => {
    const address = parseChannel(channel)
    if (address?.kind === 'conversation') {
      const { id } = address
      guard(() => (offset ? listener.changed(id, data) : listener.stated(id, data)))
    }
    if (address?.kind === 'user') guard(() => listener.noticed(data))
  })
}

function conversationOf(channel: string): ConversationId | undefined {
  const address = parseChannel(channel)
  return address?.kind === 'conversation' ? address.id : undefined
}

function subscription(id: ConversationId, context: SubscribedContext): Subscribed {
  const data = context.recovered ? undefined : context.data
  return {
    id,
    epoch: context.streamPosition?.epoch ?? '',
    recovered: context.recovered,
    conversation: data?.conversation,
    shared: data && { reads: data.reads, online: data.online },
  }
}

/** The SDK ends the connection for good when a handler throws; one bad change must not do that. */
function guard(handle: () => void): void {
  try {
    handle()
  } catch (error) {
    console.error(error)
  }
}
