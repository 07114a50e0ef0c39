import { z } from 'zod'
import { change } from './changes.ts'
import type { ErrorName } from './codes.ts'
import * as field from './fields.ts'
import { limits } from './limits.ts'
import { conversation, conversationKind, login, member, message, user } from './resources.ts'
import { conversationState } from './state.ts'

/**
 * One thing a signed-in person can ask for. The table below is the only list of them: REST routes,
 * RPC methods and the typed client all come from it.
 */
interface Operation {
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** REST path; `:name` parts, and for GET and DELETE the query, fill fields of the input. */
  readonly path: string
  readonly input: z.ZodObject
  readonly output: z.ZodType
  /** What it may refuse with, beyond `invalidInput`, `unauthorized` and `tooManyRequests`. */
  readonly errors: readonly ErrorName[]
}

const nothing = z.object({})
const byId = z.object({ id: field.id })
const settings = z.object({ readReceipts: z.boolean() })

const table = {
  'users.me': {
    summary: 'Who I am',
    method: 'GET',
    path: '/api/users/me',
    input: nothing,
    output: z.object({ user }),
    errors: [],
  },
  'users.changePassword': {
    summary: 'Set a new password and sign out every other login',
    method: 'POST',
    path: '/api/users/me/password',
    input: z.object({
      currentPassword: z.string().max(limits.passwordMaxChars, 'is too long'),
      newPassword: field.password,
    }),
    output: nothing,
    errors: ['badCredentials'],
  },
  'users.settings': {
    summary: 'What I have set for myself',
    method: 'GET',
    path: '/api/users/me/settings',
    input: nothing,
    output: z.object({ settings }),
    errors: [],
  },
  'users.changeSettings': {
    summary: 'Set whether others and I see how far each has read',
    method: 'PATCH',
    path: '/api/users/me/settings',
    input: settings,
    output: z.object({ settings }),
    errors: [],
  },
  'logins.list': {
    summary: 'The browsers I am signed in with',
    method: 'GET',
    path: '/api/logins',
    input: nothing,
    output: z.object({ logins: z.array(login) }),
    errors: [],
  },
  'logins.revoke': {
    summary: 'Sign one of my browsers out',
    method: 'DELETE',
    path: '/api/logins/:id',
    input: byId,
    output: nothing,
    errors: ['notFound'],
  },
  'conversations.list': {
    summary: 'My conversations, latest activity first; or the public ones I could join',
    method: 'GET',
    path: '/api/conversations',
    input: z.object({
      scope: z.enum(['mine', 'joinable']).default('mine'),
      /** Continue after this conversation of the previous page. */
      after: field.id.optional(),
      limit: field.limit(limits.conversationsPerSession, 100),
    }),
    output: z.object({ conversations: z.array(conversation), more: z.boolean() }),
    errors: [],
  },
  'conversations.create': {
    summary: 'Open a conversation with myself as owner and the given people as members',
    method: 'POST',
    path: '/api/conversations',
    input: z.object({
      name: field.conversationName,
      kind: conversationKind.exclude(['direct']).default('public'),
      userIds: z.array(field.id).max(limits.membersPerPage, 'has too many entries').default([]),
      clientKey: field.clientKey.optional(),
    }),
    output: z.object({ conversation }),
    errors: ['notFound', 'conflict'],
  },
  'conversations.get': {
    summary: 'A conversation I am in, or a public one, with its first members',
    method: 'GET',
    path: '/api/conversations/:id',
    input: byId,
    output: z.object({ conversation, members: z.array(member) }),
    errors: ['notFound'],
  },
  'conversations.join': {
    summary: 'Become a member of a public conversation',
    method: 'POST',
    path: '/api/conversations/:id/join',
    input: byId,
    output: z.object({ conversation }),
    errors: ['notFound'],
  },
  'conversations.leave': {
    summary: 'Stop being a member',
    method: 'POST',
    path: '/api/conversations/:id/leave',
    input: byId,
    output: nothing,
    errors: ['notFound'],
  },
  'conversations.read': {
    summary: 'Move my read position forward to a change I have seen; it never moves back',
    method: 'POST',
    path: '/api/conversations/:id/read',
    input: z.object({ id: field.id, seq: field.seq }),
    output: z.object({ lastReadSeq: field.seq, lastReadOrdinal: field.seq, unread: z.int() }),
    errors: ['notFound'],
  },
  'conversations.delivered': {
    summary:
      'Say up to which change conversations have reached this device; those I am not in are left out',
    method: 'POST',
    path: '/api/conversations/delivered',
    input: z.object({
      positions: z
        .array(z.object({ id: field.id, seq: field.seq }))
        .max(limits.conversationsPerSession, 'has too many entries'),
    }),
    output: nothing,
    errors: [],
  },
  'conversations.typing': {
    summary: 'Tell the others that I am writing; up to 100 members',
    method: 'POST',
    path: '/api/conversations/:id/typing',
    input: byId,
    output: nothing,
    errors: ['notFound'],
  },
  'conversations.state': {
    summary: 'Who has read how far, as every subscription begins with it',
    method: 'GET',
    path: '/api/conversations/:id/state',
    input: byId,
    output: z.object({ state: conversationState }),
    errors: ['notFound'],
  },
  'conversations.changes': {
    summary: 'Resume: the changes after a number I have; `reset` means load the conversation anew',
    method: 'GET',
    path: '/api/conversations/:id/changes',
    input: z.object({
      id: field.id,
      after: field.seq,
      /** The epoch `after` belongs to; another one answers with `reset`. */
      epoch: z.string().max(64, 'is too long').optional(),
      limit: field.limit(limits.changesPerPage, limits.changesPerPage),
    }),
    output: z.object({
      epoch: z.string(),
      changes: z.array(change),
      lastSeq: field.seq,
      reset: z.boolean(),
    }),
    errors: ['notFound'],
  },
  'members.add': {
    summary: 'Bring somebody into a conversation I am in',
    method: 'POST',
    path: '/api/conversations/:id/members',
    input: z.object({ id: field.id, username: field.typedName }),
    output: z.object({ member }),
    errors: ['notFound', 'permissionDenied'],
  },
  'members.remove': {
    summary: 'Take somebody out of a conversation that I own or administer',
    method: 'DELETE',
    path: '/api/conversations/:id/members/:userId',
    input: z.object({ id: field.id, userId: field.id }),
    output: nothing,
    errors: ['notFound', 'permissionDenied'],
  },
  'messages.send': {
    summary: 'Write a message; the same `clientKey` again answers with the one that was stored',
    method: 'POST',
    path: '/api/conversations/:conversationId/messages',
    input: z.object({
      conversationId: field.id,
      content: field.content,
      clientKey: field.clientKey,
    }),
    output: z.object({ message }),
    errors: ['notFound', 'conflict', 'unavailable'],
  },
  'messages.list': {
    summary: 'A page of messages, ascending: the newest, or the ones before or after a `seq`',
    method: 'GET',
    path: '/api/conversations/:conversationId/messages',
    input: z.object({
      conversationId: field.id,
      before: field.seq.optional(),
      after: field.seq.optional(),
      limit: field.limit(limits.messagesPerPage, 50),
    }),
    /** `lastSeq`: the line's end when the page was read. */
    output: z.object({ messages: z.array(message), more: z.boolean(), lastSeq: field.seq }),
    errors: ['notFound'],
  },
  'messages.edit': {
    summary: 'Change the text of a message that I wrote',
    method: 'PATCH',
    path: '/api/messages/:id',
    input: z.object({
      id: field.id,
      content: field.content,
      clientKey: field.clientKey.optional(),
    }),
    output: z.object({ message }),
    errors: ['notFound', 'permissionDenied', 'conflict'],
  },
  'messages.delete': {
    summary: 'Delete a message that I wrote, or any in a conversation that I own or administer',
    method: 'DELETE',
    path: '/api/messages/:id',
    input: byId,
    output: z.object({ message }),
    errors: ['notFound', 'permissionDenied'],
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof table
/** What a client sends. */
export type Input<Name extends OperationName> = z.input<(typeof table)[Name]['input']>
/** What a handler receives: validated, defaults filled in. */
export type Parsed<Name extends OperationName> = z.output<(typeof table)[Name]['input']>
export type Output<Name extends OperationName> = z.output<(typeof table)[Name]['output']>

export const operations: Readonly<Record<OperationName, Operation>> = table
export const operationNames = Object.keys(table) as readonly OperationName[]
export const isOperation = (name: string): name is OperationName => Object.hasOwn(table, name)
