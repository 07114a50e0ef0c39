import { z } from 'zod'
import * as field from '../fields.ts'
import { limits } from '../limits.ts'
import { nothing, type Operation } from './operation.ts'
import { member, memberRole } from '../resources.ts'

export const members = {
  'members.list': {
    summary: 'Members in the order they joined; `query` is part of a username or full name',
    method: 'GET',
    path: '/api/conversations/:id/members',
    input: z.object({
      id: field.id,
      /** Ignores case and accents. */
      query: field.typedName.optional(),
      /** Continue after this member of the previous page, who may have left since. */
      after: field.id.optional(),
      limit: field.limit(limits.membersPerPage, limits.membersPerPage),
    }),
    output: z.object({ members: z.array(member), more: z.boolean() }),
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
    summary:
      'Take somebody out of a conversation that I own; as admin, who is neither owner nor admin',
    method: 'DELETE',
    path: '/api/conversations/:id/members/:userId',
    input: z.object({ id: field.id, userId: field.id }),
    output: nothing,
    errors: ['notFound', 'permissionDenied'],
  },
  'members.change': {
    summary: 'Make a member owner, admin or member again, in a conversation that I own',
    method: 'PATCH',
    path: '/api/conversations/:id/members/:userId',
    input: z.object({ id: field.id, userId: field.id, role: memberRole }),
    output: z.object({ member }),
    errors: ['notFound', 'permissionDenied', 'conflict'],
  },
} as const satisfies Record<string, Operation>
