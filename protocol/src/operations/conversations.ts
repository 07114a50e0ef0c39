import { z } from 'zod'
import { change } from '../changes.ts'
import * as field from '../fields.ts'
import { limits } from '../limits.ts'
import { byId, nothing, type Operation } from './operation.ts'
import { conversation, conversationKind, member, preferences } from '../resources.ts'
import { conversationState, position } from '../state.ts'

export const conversations = {
  'conversations.list': {
    summary: 'My conversations, latest activity first; or the public ones I could join',
    method: 'GET',
    path: '/api/conversations',
    input: z.object({
      scope: z.enum(['mine', 'joinable']).default('mine'),
      /** Of joinable ones: part of the name or topic, ignoring case and accents. */
      query: field.typedName.optional(),
      /**
       * Continue after this conversation of the previous page; `mine` begins anew where I have left
       * it since, as what happens meanwhile moves conversations anyway.
       */
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
  'conversations.direct': {
    summary: 'The conversation of exactly these people and myself, opened where there is none',
    method: 'POST',
    path: '/api/conversations/direct',
    input: z.object({
      userIds: z
        .array(field.id)
        .min(1, 'must not be empty')
        .max(limits.directPeopleMax, 'has too many entries'),
    }),
    output: z.object({ conversation }),
    errors: ['notFound'],
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
  'conversations.change': {
    summary:
      'Rename, describe or archive a conversation that I own or administer, or open it again',
    method: 'PATCH',
    path: '/api/conversations/:id',
    input: z.object({
      id: field.id,
      name: field.conversationName.optional(),
      topic: field.topic.optional(),
      archived: z.boolean().optional(),
    }),
    output: z.object({ conversation }),
    errors: ['notFound', 'permissionDenied'],
  },
  'conversations.prefer': {
    summary: 'Set what a conversation is to me; nobody else is told',
    method: 'PATCH',
    path: '/api/conversations/:id/preferences',
    input: z.object({ id: field.id, ...preferences.partial().shape }),
    output: z.object({ conversation }),
    errors: ['notFound'],
  },
  'conversations.read': {
    summary: 'Move my read position forward to a change I have seen; it never moves back',
    method: 'POST',
    path: '/api/conversations/:id/read',
    input: z.object({ id: field.id, seq: field.seq }),
    output: position,
    errors: ['notFound'],
  },
  'conversations.markUnread': {
    summary: 'Count everything from a change on as unread, until I read again',
    method: 'POST',
    path: '/api/conversations/:id/unread',
    input: z.object({ id: field.id, seq: field.seq.positive('must be positive') }),
    output: position,
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
} as const satisfies Record<string, Operation>
