import { chatChannel, conversationChannel, userChannel } from '@parley/protocol/channels'
import type { Change } from '@parley/protocol/changes'
import type { ConversationId, UserId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { ConversationNotice, UserNotice } from '@parley/protocol/state'
import type { Hub } from '../delivery/hub.ts'
import type { Publication } from '../delivery/publication.ts'
import { threadPublication } from './thread-shapes.ts'

/** Tells all nodes what was stored. Nothing here can fail a request: what gets lost is read again. */
export interface Announce {
  /** `epoch`: the one under which the change took its number. */
  change(conversationId: ConversationId, change: Change, epoch: string): void
  /** State, without a number; `reads` is kept from members who hide their own. */
  state(conversationId: ConversationId, notice: ConversationNotice): void
  /** This user is online, if so: new to a conversation, whose members may not have been told. */
  presence(conversationId: ConversationId, userId: UserId): void
  /** A new message of a public conversation, for Tutorial A's channel. */
  publicMessage(
    change: Change & { type: 'message.created' },
    conversationName: string,
    epoch: string,
  ): void
  notice(userId: UserId, notice: UserNotice): void
  /** The same to devices on this node alone. */
  noticeHere(userId: UserId, notice: UserNotice): void
  /** What this user may do, or be connected with, has changed. */
  rightsChanged(userId: UserId): void
}

/** Publications that sessions of members who hide their positions are not sent. */
export const readsTopic = 'reads'

/** Takes every new message, whatever door it came through, for other programs. */
export interface MessageFeed {
  add(message: NewMessage): void
}

type NewMessage = Pick<
  Message,
  'id' | 'conversationId' | 'seq' | 'ordinal' | 'type' | 'content'
> & {
  userId: UserId
  meta: unknown
  createdAt: Date
}

export const createAnnounce = (
  hub: Hub,
  hasSession: (userId: UserId) => boolean,
  feed?: MessageFeed,
): Announce => ({
  change(conversationId, change, epoch) {
    if (change.type === 'message.created') feed?.add(newMessageOf(change.message))
    hub.publish(changePublication(conversationId, change, epoch))
  },
  state(conversationId, notice) {
    hub.publish({
      channel: conversationChannel(conversationId),
      data: JSON.stringify(notice),
      ...(notice.type === 'reads' && { topic: readsTopic }),
    })
  },
  presence(conversationId, userId) {
    if (!hasSession(userId)) return
    const notice: ConversationNotice = { type: 'presence', users: [{ id: userId, online: true }] }
    hub.publish({ channel: conversationChannel(conversationId), data: JSON.stringify(notice) })
  },
  publicMessage({ message }, conversationName, epoch) {
    hub.publish({
      channel: chatChannel,
      position: { epoch, offset: message.id },
      data: threadPublication({
        id: message.id,
        userId: message.user.id,
        username: message.user.username,
        content: message.content,
        conversationId: message.conversationId,
        conversationName,
      }),
    })
  },
  notice(userId, notice) {
    hub.publish({ channel: userChannel(userId), data: JSON.stringify(notice) })
  },
  noticeHere(userId, notice) {
    hub.publishHere({ channel: userChannel(userId), data: JSON.stringify(notice) })
  },
  rightsChanged(userId) {
    hub.recheck(String(userId))
  },
})

const newMessageOf = ({ user, createdAt, ...message }: Message): NewMessage => ({
  ...message,
  userId: user.id,
  createdAt: new Date(createdAt),
})

/** The same bytes whether a change arrives live or is read from the past. */
export function changePublication(
  conversationId: ConversationId,
  change: Change,
  epoch: string,
): Publication {
  return {
    channel: conversationChannel(conversationId),
    position: { epoch, offset: change.seq },
    data: JSON.stringify(change),
    ...(change.type === 'member.left' && { endsUser: String(change.user.id) }),
  }
}

const storedAt = /^\{"type":"[\w.]+","seq":\d+,"at":"([^"]+)"/

/** When what this publication tells of was committed, by the database's clock. */
export function storedAtMs({ data }: Publication): number | undefined {
  const at = storedAt.exec(data)?.[1]
  return at === undefined ? undefined : Date.parse(at)
}
