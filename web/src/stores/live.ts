import type { Change } from '@parley/protocol/changes'
import type { ConversationId } from '@parley/protocol/ids'
import type { Conversation } from '@parley/protocol/resources'
import { betweenKeys } from '../keyboard/between-keys.ts'
import { nextFrame } from '../next-frame.ts'
import type { Connection } from '../realtime/connection.ts'
import { type Ending, reloadOnce } from '../realtime/ending.ts'
import { createBurst } from './burst.ts'
import { useConversations } from './conversations.ts'
import { useMessages } from './messages.ts'
import { useSaved } from './saved.ts'
import { useSession } from './session.ts'
import { useSettings } from './settings.ts'
import { followSharedState } from './shared-state.ts'

/** Connects, and from then on lets the stores follow what the server sends. */
export function goLive(
  connection: Connection,
  arrived: (id: ConversationId, change: Change) => void,
): void {
  const session = useSession()
  const conversations = useConversations()
  const messages = useMessages()
  const saved = useSaved()
  const settings = useSettings()
  const shared = followSharedState(connection)

  function disconnected(): void {
    burst.flush()
    session.disconnected()
    shared.disconnected()
    messages.pause()
  }

  function ended(ending: Ending): void {
    disconnected()
    if (ending === 'retry') return
    session.refused = !reloadOnce(sessionStorage, Date.now(), () => location.reload())
  }

  /** While what the connect reply says is announced, which is in the same turn. */
  let arriving = false
  let arrivals = 0

  async function listed(): Promise<void> {
    const arrival = ++arrivals
    await Promise.resolve()
    arriving = false
    await conversations.loadRest().finally(() => (conversations.ready = true))
    if (arrival !== arrivals) return
    for (const id of conversations.complete()) forget(id)
    for (const { id } of conversations.list) if (!conversations.isFollowed(id)) messages.refresh(id)
  }

  function forget(id: ConversationId): void {
    conversations.drop(id)
    messages.drop(id)
    shared.unsubscribed(id)
  }

  const burst = createBurst({
    calm: betweenKeys,
    rendered: nextFrame,
    isHidden: () => document.hidden,
  })

  connection.start({
    connected(user, time) {
      // Somebody else signed in with this browser: nothing on the page is theirs.
      if (session.user && session.user.id !== user.id) return location.reload()
      session.connected(user, Date.parse(time))
      shared.connected()
      messages.resume()
      conversations.doubt()
      arriving = true
      listed().catch(console.error)
      settings.load().catch(() => {})
    },
    disconnected,
    ended,
    subscribed(event) {
      const { id, epoch, recovered, conversation } = event
      burst.flush()
      const isNews = !arriving && !conversations.isFollowed(id)
      const news = isNews ? newsIn(conversations.find(id), conversation) : undefined
      conversations.follow(id, conversation)
      if (!conversation && !recovered) conversations.reload(id).catch(console.error)
      messages.subscribed(id, epoch, recovered)
      shared.subscribed(event)
      if (news) arrived(id, news)
    },
    unsubscribed(id) {
      burst.flush()
      // Others were more in use meanwhile: whether I am still in it, the list says.
      if (arriving) shared.unsubscribed(id)
      else forget(id)
    },
    changed: (id, change) =>
      burst.add(() => {
        conversations.apply(id, change)
        messages.apply(id, change)
        shared.changed(id, change)
        arrived(id, change)
      }),
    stated: (id, notice) =>
      burst.add(() => {
        shared.stated(id, notice)
        if (notice.type !== 'state') return
        conversations.read(id, notice)
        conversations.preferred(id, notice)
      }),
    noticed: (notice) =>
      burst.add(() => {
        shared.noticed(notice)
        if (notice.type === 'message.saved') saved.hear(notice.messageId, notice.saved)
        if (notice.type === 'conversation.preferred')
          conversations.preferred(notice.conversationId, notice)
        if (notice.type === 'settings') settings.apply(notice.settings)
        if (notice.type === 'conversation.left' && !conversations.isFollowed(notice.conversationId))
          forget(notice.conversationId)
        if (notice.type === 'conversation.read') conversations.read(notice.conversationId, notice)
      }),
  })
}

/** The message that a conversation came with, as no change of it was sent before. */
function newsIn(known?: Conversation, told?: Conversation): Change | undefined {
  const message = told?.lastMessage
  if (!known || !message || message.seq <= known.lastSeq) return undefined
  const entry = { seq: message.seq, at: message.createdAt, actor: message.user }
  return { type: 'message.created', ...entry, message }
}
