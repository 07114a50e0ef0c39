/** A call that was refused, or that got no answer. */
export class CallError extends Error {
  readonly code: number
  /** The same call may succeed later: no connection, no answer in time, or the server says so. */
  readonly temporary: boolean

  constructor(code: number, message: string, temporary: boolean) {
    super(message)
    this.code = code
    this.temporary = temporary
  }
}

/** Codes below 100 are the SDK's own: timeout, transport closed, not connected. */
const firstServerCode = 100

export function callErrorFrom(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown
  const { code, message, temporary } = (thrown ?? {}) as Partial<CallError>
  if (typeof code !== 'number') return new CallError(0, String(message ?? thrown), true)
  return new CallError(code, message ?? '', temporary === true || code < firstServerCode)
}
