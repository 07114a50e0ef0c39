import { z } from 'zod'
import type { ErrorName } from '../codes.ts'
import * as field from '../fields.ts'

/** One thing a signed-in person can ask for. */
export interface Operation {
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** REST path; `:name` parts, and for GET and DELETE the query, fill fields of the input. */
  readonly path: string
  readonly input: z.ZodObject
  readonly output: z.ZodType
  /** What it may refuse with, beyond `invalidInput`, `unauthorized` and `tooManyRequests`. */
  readonly errors: readonly ErrorName[]
}

export const nothing = z.object({})
export const byId = z.object({ id: field.id })
