import {
  isOperation,
  operations,
  type OperationName,
  type Output,
  type Parsed,
} from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'
import type { z } from 'zod'
import type { Caller } from './caller.ts'
import type { RateLimits } from './rate-limits.ts'

/** One function per operation: authorized inside, on input that has been validated. */
export type Handlers = {
  [Name in OperationName]: (caller: Caller, input: Parsed<Name>) => Promise<Output<Name>>
}

/** The one way to an operation, for HTTP and for WebSocket RPC alike. */
export interface Door {
  /**
   * Rate limit, validate, authorize, do.
   * @throws Refusal for everything expected; `unauthorized` without a caller
   */
  perform(caller: Caller | undefined, name: string, input: unknown): Promise<unknown>
}

export function createDoor(handlers: Handlers, rateLimits: RateLimits): Door {
  return {
    async perform(caller, name, input) {
      if (!isOperation(name)) throw new Refusal('methodNotFound')
      if (!caller) throw new Refusal('unauthorized')
      rateLimits.take(name, caller.user.id)
      return handlers[name](caller, validate(operations[name].input, input) as never)
    },
  }
}

/** @throws Refusal `invalidInput` naming the first field at fault */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input ?? {})
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  const field = path.join('.')
  throw new Refusal('invalidInput', {
    ...(field && { field }),
    message: field ? `${field}: ${message}` : message,
  })
}
