import { z } from 'zod'
import * as field from './fields.ts'
import { preferences, user } from './resources.ts'

/**
 * State is not history: it takes no number, is not recovered, and what is lost of it comes whole with
 * the next subscription. Examples: docs/PROTOCOL.md, "State".
 */

/** What somebody has set for themselves. */
export const settings = z.object({
  /** Whether others and they see how far each has read. */
  readReceipts: z.boolean(),
  /** Until then nothing calls for their attention. */
  doNotDisturbUntil: field.timestamp.nullable(),
})
export type Settings = z.infer<typeof settings>

/** How far a member has read, and how far the line has reached one of their devices. */
export const memberPosition = z.object({
  userId: field.id,
  lastReadSeq: field.seq,
  lastDeliveredSeq: field.seq,
})
export type MemberPosition = z.infer<typeof memberPosition>

/**
 * One's own place in a conversation. Every move of it, forward or back, raises `rev`: the higher one
 * holds, and of two with the same `rev` the one that was counted later.
 */
const ownPosition = {
  lastReadSeq: field.seq,
  lastReadOrdinal: field.seq,
  unread: z.int(),
  mentions: z.int(),
  rev: z.int(),
  /** The line's end when it was counted. */
  lastSeq: field.seq,
}

export const position = z.object(ownPosition)
export type OwnPosition = z.infer<typeof position>

/** What the members of a small conversation know of each other. */
const shared = {
  /** Of the members who show theirs; absent in large conversations and for who hides their own. */
  reads: z.array(memberPosition).optional(),
  /** Those who have a session; absent in large conversations. */
  online: z.array(field.id).optional(),
}

export const sharedState = z.object(shared)
export type SharedState = z.infer<typeof sharedState>

export const conversationState = z.object({ ...ownPosition, ...preferences.shape, ...shared })
export type ConversationState = z.infer<typeof conversationState>

/** Who came online, or went. */
const presence = z.object({
  type: z.literal('presence'),
  users: z.array(z.object({ id: field.id, online: z.boolean() })),
})

/** What travels on `conversation:<id>` between the changes, without numbers. */
export const conversationNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), ...conversationState.shape }),
  z.object({
    type: z.literal('reads'),
    reads: z.array(memberPosition),
    /** Members who have stopped showing theirs. */
    hidden: z.array(field.id).optional(),
  }),
  z.object({ type: z.literal('typing'), user }),
  /** Of somebody who has just joined. */
  presence,
])
export type ConversationNotice = z.infer<typeof conversationNotice>

/** What travels on `user:<id>`. */
export const userNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('conversation.read'), conversationId: field.id, ...ownPosition }),
  z.object({
    type: z.literal('conversation.preferred'),
    conversationId: field.id,
    ...preferences.shape,
  }),
  z.object({ type: z.literal('conversation.left'), conversationId: field.id }),
  z.object({ type: z.literal('message.saved'), messageId: field.id, saved: z.boolean() }),
  z.object({ type: z.literal('settings'), settings }),
  /** Of people with whom one is in a small conversation. */
  presence,
])
export type UserNotice = z.infer<typeof userNotice>
