import { z } from 'zod'
import * as field from '../fields.ts'
import { limits } from '../limits.ts'
import { conversation, message } from '../resources.ts'
import { byId, nothing, type Operation } from './operation.ts'

const page = field.limit(limits.messagesPerPage, 50)
/** Where a message is that stands alone. */
const place = conversation.pick({ id: true, name: true, kind: true })

export const messages = {
  'messages.send': {
    summary: 'Write a message; the same `clientKey` again answers with the one that was stored',
    method: 'POST',
    path: '/api/conversations/:conversationId/messages',
    input: z.object({
      conversationId: field.id,
      content: field.content,
      clientKey: field.clientKey,
      /** A message of the same conversation that this one answers. */
      replyTo: field.id.optional(),
    }),
    output: z.object({ message }),
    errors: ['notFound', 'conflict', 'archived', 'unavailable'],
  },
  'messages.list': {
    summary: 'A page of messages, ascending: the newest, or those before, after or around a `seq`',
    method: 'GET',
    path: '/api/conversations/:conversationId/messages',
    input: z.object({
      conversationId: field.id,
      before: field.seq.optional(),
      after: field.seq.optional(),
      /** In the middle of the page, with what was before and after it. */
      around: field.seq.optional(),
      /** In the middle of the page: the first message on or after this time. */
      at: field.timestamp.optional(),
      limit: page,
    }),
    /**
     * `more`: there are further ones where this page leads, which is back, unless it was asked for with
     * `after`. `newer`: there are messages after it. `lastSeq`: the line's end when it was read.
     */
    output: z.object({
      messages: z.array(message),
      more: z.boolean(),
      newer: z.boolean(),
      lastSeq: field.seq,
    }),
    errors: ['notFound'],
  },
  'messages.get': {
    summary: 'One message, wherever I am a member',
    method: 'GET',
    path: '/api/messages/:id',
    input: byId,
    output: z.object({ message }),
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
    errors: ['notFound', 'permissionDenied', 'conflict', 'archived'],
  },
  'messages.react': {
    summary: 'Answer a message with an emoji, or take that back',
    method: 'POST',
    path: '/api/messages/:id/reactions',
    input: z.object({ id: field.id, emoji: field.emoji, added: z.boolean() }),
    output: z.object({ message }),
    errors: ['notFound', 'limitExceeded', 'archived'],
  },
  'messages.pin': {
    summary: 'Pin a message to its conversation, for everybody, or take it off',
    method: 'POST',
    path: '/api/messages/:id/pin',
    input: z.object({ id: field.id, pinned: z.boolean() }),
    output: z.object({ message }),
    errors: ['notFound', 'archived'],
  },
  'messages.pinned': {
    summary: 'The messages that are pinned, the latest pin first',
    method: 'GET',
    path: '/api/conversations/:conversationId/pinned',
    input: z.object({ conversationId: field.id }),
    output: z.object({ messages: z.array(message) }),
    errors: ['notFound'],
  },
  'messages.history': {
    summary: 'What a message said before, oldest first, without what it says now',
    method: 'GET',
    path: '/api/messages/:id/history',
    input: byId,
    /** `at`: since when it said so. */
    output: z.object({
      versions: z.array(z.object({ content: z.string(), at: field.timestamp })),
    }),
    errors: ['notFound'],
  },
  'messages.save': {
    summary: 'Keep a message for myself, or let it go; nobody else is told',
    method: 'POST',
    path: '/api/messages/:id/save',
    input: z.object({ id: field.id, saved: z.boolean() }),
    output: nothing,
    errors: ['notFound'],
  },
  'messages.saved': {
    summary: 'The messages that I keep, the latest first, from conversations I am in',
    method: 'GET',
    path: '/api/saved',
    input: z.object({
      /** Continue after the entry with this `savedAt`. */
      before: field.timestamp.optional(),
      limit: page,
    }),
    output: z.object({
      saved: z.array(z.object({ savedAt: field.timestamp, message, conversation: place })),
      more: z.boolean(),
    }),
    errors: [],
  },
  'messages.search': {
    summary: 'Messages of a conversation that contain a text, ignoring case and accents',
    method: 'GET',
    path: '/api/conversations/:conversationId/search',
    input: z.object({
      conversationId: field.id,
      query: field.searchText,
      before: field.seq.optional(),
      limit: page,
    }),
    /** Newest first. One call looks at so much and no more: with `more`, ask again before `searchedTo`. */
    output: z.object({ messages: z.array(message), more: z.boolean(), searchedTo: field.seq }),
    errors: ['notFound'],
  },
  'messages.delete': {
    summary: 'Delete a message that I wrote, or any in a conversation that I own or administer',
    method: 'DELETE',
    path: '/api/messages/:id',
    input: byId,
    output: z.object({ message }),
    errors: ['notFound', 'permissionDenied'],
  },
  'mentions.list': {
    summary: 'Messages that mention me, the latest first, from conversations I am in',
    method: 'GET',
    path: '/api/mentions',
    input: z.object({
      /** Continue after this message of the previous page. */
      before: field.id.optional(),
      limit: page,
    }),
    output: z.object({
      mentions: z.array(z.object({ message, conversation: place })),
      more: z.boolean(),
    }),
    errors: [],
  },
} as const satisfies Record<string, Operation>
