import { z } from 'zod'
import * as field from '../fields.ts'
import { limits } from '../limits.ts'
import { byId, type Operation } from './operation.ts'
import { message } from '../resources.ts'

export const messages = {
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
    errors: ['notFound', 'conflict', 'archived', 'unavailable'],
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
    errors: ['notFound', 'permissionDenied', 'conflict', 'archived'],
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
