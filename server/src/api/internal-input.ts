import { content, clientKey } from '@parley/protocol/fields'
import { limits } from '@parley/protocol/limits'
import type { ErrorAnswer } from './answer-error.ts'

export interface InternalMessage {
  conversationId: number
  senderId: number
  content: string
  clientKey?: string
}

/** Field → sentences, worded as Laravel words them: Tutorial B's clients know these. */
export type FieldErrors = Record<string, string[]>

export type InternalInput =
  | { ok: true; message: InternalMessage }
  | { ok: false; errors: FieldErrors }

/** Judges the body of `POST /api/ws/messages`. */
export function readInternalMessage(body: unknown): InternalInput {
  const fields = isObject(body) ? body : {}
  const problems = {
    conversation_id: integerProblem('conversation id', fields['conversation_id']),
    sender_id: integerProblem('sender id', fields['sender_id']),
    content: contentProblem(fields['content']),
    client_key: keyProblem(fields['client_key']),
  }
  const errors = Object.entries(problems).flatMap(([field, problem]) =>
    problem === undefined ? [] : [[field, [problem]]],
  )
  if (errors.length > 0) return { ok: false, errors: Object.fromEntries(errors) }
  const key = fields['client_key']
  return {
    ok: true,
    message: {
      conversationId: fields['conversation_id'] as number,
      senderId: fields['sender_id'] as number,
      content: content.parse(fields['content']),
      ...(isMissing(key) ? {} : { clientKey: clientKey.parse(key) }),
    },
  }
}

/** What the rules refused, where a field is to blame. */
export function fieldErrorsOf({ name, field }: ErrorAnswer): FieldErrors | undefined {
  if (name === 'conflict') return { client_key: ['The client key has already been taken.'] }
  if (name === 'invalidInput') return { content: ['The content field must be valid text.'] }
  if (name === 'archived') return { conversation_id: ['The selected conversation is archived.'] }
  if (name !== 'notFound') return undefined
  return field === 'conversation_id'
    ? { conversation_id: ['The selected conversation id is invalid.'] }
    : { sender_id: ['The selected sender id is invalid.'] }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isMissing = (value: unknown): boolean => value === undefined || value === null

function integerProblem(label: string, value: unknown): string | undefined {
  if (isMissing(value) || value === '') return `The ${label} field is required.`
  if (!Number.isInteger(value)) return `The ${label} field must be an integer.`
  const isId = Number.isSafeInteger(value) && (value as number) > 0
  return isId ? undefined : `The selected ${label} is invalid.`
}

function contentProblem(value: unknown): string | undefined {
  if (isMissing(value)) return 'The content field is required.'
  if (typeof value !== 'string') return 'The content field must be a string.'
  if (!/\S/u.test(value)) return 'The content field is required.'
  if (content.safeParse(value).success) return undefined
  return value.isWellFormed() && !value.includes('\0')
    ? `The content field must not be greater than ${limits.contentMaxChars} characters.`
    : 'The content field must be valid text.'
}

const keyProblem = (value: unknown): string | undefined =>
  isMissing(value) || clientKey.safeParse(value).success
    ? undefined
    : 'The client key field must be a valid UUID.'
