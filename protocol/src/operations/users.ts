import { z } from 'zod'
import * as field from '../fields.ts'
import { limits } from '../limits.ts'
import { byId, nothing, type Operation } from './operation.ts'
import { login, person, profile, user } from '../resources.ts'
import { settings } from '../state.ts'

export const users = {
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
    summary: 'Set whether others and I see how far each has read, and until when I want quiet',
    method: 'PATCH',
    path: '/api/users/me/settings',
    input: settings.partial(),
    output: z.object({ settings }),
    errors: [],
  },
  'users.changeProfile': {
    summary: 'Say who I am',
    method: 'PATCH',
    path: '/api/users/me',
    input: z.object({ fullName: field.fullName.optional(), about: field.about.optional() }),
    output: z.object({ profile }),
    errors: [],
  },
  'users.list': {
    summary: 'People who can sign in, by name; `query` is part of a username or full name',
    method: 'GET',
    path: '/api/users',
    input: z.object({
      /** Ignores case and accents. */
      query: field.typedName.optional(),
      /** These and no others; in a URL with commas between them. */
      ids: z.array(field.id).max(limits.usersPerPage, 'has too many entries').optional(),
      /** Continue after this person of the previous page. */
      after: field.id.optional(),
      limit: field.limit(limits.usersPerPage, limits.usersPerPage),
    }),
    output: z.object({ users: z.array(person), more: z.boolean() }),
    errors: [],
  },
  'users.get': {
    summary: 'Who somebody is',
    method: 'GET',
    path: '/api/users/:id',
    input: byId,
    output: z.object({ profile }),
    errors: ['notFound'],
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
  'logins.revokeOthers': {
    summary: 'Sign out every browser but this one',
    method: 'DELETE',
    path: '/api/logins',
    input: nothing,
    output: nothing,
    errors: [],
  },
} as const satisfies Record<string, Operation>
