import { z } from 'zod'
import * as field from './fields.ts'

/** Who somebody is, as other people may know it. */
export const user = z.object({ id: field.id, username: z.string() })
export type User = z.infer<typeof user>

export const conversationKind = z.enum(['public', 'private', 'direct'])
export type ConversationKind = z.infer<typeof conversationKind>

export const memberRole = z.enum(['owner', 'admin', 'member'])
export type MemberRole = z.infer<typeof memberRole>

export const member = z.object({ user, role: memberRole, joinedAt: field.timestamp })
export type Member = z.infer<typeof member>

/**
 * A stored message. `seq` is its place on the conversation's line, `ordinal` counts messages only.
 * `version` is the `seq` of its last change: of two copies the higher version is the newer one.
 * A deleted message keeps its place; its content is the empty string.
 */
export const message = z.object({
  id: field.id,
  conversationId: field.id,
  seq: field.seq,
  ordinal: field.seq,
  version: field.seq,
  user,
  clientKey: z.string(),
  type: z.string(),
  content: z.string(),
  meta: z.unknown(),
  replyTo: field.id.nullable(),
  createdAt: field.timestamp,
  editedAt: field.timestamp.nullable(),
  deletedAt: field.timestamp.nullable(),
})
export type Message = z.infer<typeof message>

/**
 * A conversation as one member sees it. All of it was read at `lastSeq`: whoever holds it continues
 * with the change `lastSeq + 1`.
 */
export const conversation = z.object({
  id: field.id,
  name: z.string(),
  kind: conversationKind,
  createdAt: field.timestamp,
  memberCount: z.int(),
  /** The caller's role, or null where the caller is not a member (public conversations only). */
  role: memberRole.nullable(),
  lastSeq: field.seq,
  lastOrdinal: field.seq,
  lastReadSeq: field.seq,
  lastReadOrdinal: field.seq,
  /** Messages of others and of the caller after the read position, deleted ones left out. */
  unread: z.int(),
  lastMessage: message.nullable(),
})
export type Conversation = z.infer<typeof conversation>

/** One signed-in browser. */
export const login = z.object({
  id: field.id,
  current: z.boolean(),
  userAgent: z.string(),
  address: z.string(),
  createdAt: field.timestamp,
  lastUsedAt: field.timestamp,
  expiresAt: field.timestamp,
})
export type Login = z.infer<typeof login>
