import { z } from 'zod'
import * as field from './fields.ts'

/** Who somebody is, as other people may know it. */
export const user = z.object({ id: field.id, username: z.string() })
export type User = z.infer<typeof user>

/** Somebody in a list to choose from. */
export const person = z.object({ ...user.shape, fullName: z.string() })
export type Person = z.infer<typeof person>

/** What people say about themselves: text, empty where they said nothing. */
export const profile = z.object({
  user,
  fullName: z.string(),
  about: z.string(),
  createdAt: field.timestamp,
  /** Cannot sign in any more. */
  disabled: z.boolean(),
})
export type Profile = z.infer<typeof profile>

export const conversationKind = z.enum(['public', 'private', 'direct'])
export type ConversationKind = z.infer<typeof conversationKind>

export const memberRole = z.enum(['owner', 'admin', 'member'])
export type MemberRole = z.infer<typeof memberRole>

/** What a conversation tells a member of: everything, messages that mention them, nothing. */
export const notifyLevel = z.enum(['all', 'mentions', 'none'])
export type NotifyLevel = z.infer<typeof notifyLevel>

/** What a member has set for a conversation, and nobody else knows. */
export const preferences = z.object({
  favourite: z.boolean(),
  muted: z.boolean(),
  notify: notifyLevel,
})
export type Preferences = z.infer<typeof preferences>

export const member = z.object({ user, role: memberRole, joinedAt: field.timestamp })
export type Member = z.infer<typeof member>

/** What a message answers, as it is now. A change of that message is no change of its answers. */
export const quote = z.object({
  id: field.id,
  seq: field.seq,
  user,
  /** The first 200 characters. */
  content: z.string(),
  deleted: z.boolean(),
})
export type Quote = z.infer<typeof quote>

/** Who answered a message with one emoji, in the order in which they did. */
export const reaction = z.object({ emoji: z.string(), users: z.array(user) })
export type Reaction = z.infer<typeof reaction>

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
  quote: quote.nullable(),
  /** In the order of their first use. */
  reactions: z.array(reaction),
  /** Members whom the text names or who are answered, without the author. */
  mentions: z.array(field.id),
  mentionsAll: z.boolean(),
  pinnedAt: field.timestamp.nullable(),
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
  /** Of a direct one: everybody's names at its beginning. Clients show `people` instead. */
  name: z.string(),
  kind: conversationKind,
  /** What it is about, or the empty string. */
  topic: z.string(),
  createdAt: field.timestamp,
  /** Since then nobody writes in it; what is there can be read. */
  archivedAt: field.timestamp.nullable(),
  /** Of a direct one: the other members. */
  people: z.array(user),
  memberCount: z.int(),
  /** The caller's role, or null where the caller is not a member (public conversations only). */
  role: memberRole.nullable(),
  lastSeq: field.seq,
  lastOrdinal: field.seq,
  lastReadSeq: field.seq,
  lastReadOrdinal: field.seq,
  /** Messages of others and of the caller after the read position, deleted ones left out. */
  unread: z.int(),
  /** Those of them that mention the caller. */
  mentions: z.int(),
  /** Of the caller's position; see `ownPosition`. */
  rev: z.int(),
  lastMessage: message.nullable(),
  ...preferences.shape,
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
