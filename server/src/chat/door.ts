import { isOperation, operations, type OperationName, type Output, type Parsed } from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'
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
      return handlers[name](caller, validate(name, input) as never)
    },
  }
}

function validate(name: OperationName, input: unknown): unknown {
  const result = operations[name].input.safeParse(input ?? {})
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const field = issue.path.join('.')
  const problem = issue.message
  throw new Refusal('invalidInput', {
    ...(field && { field }),
    message: field ? `${field}: ${problem}` : problem,
  })
}
