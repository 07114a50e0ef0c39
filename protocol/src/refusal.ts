import { errorCodes, type ErrorName } from './codes.ts'

interface RefusalDetails {
  /** The input field at fault, as the client named it. */
  field?: string
  /** A sentence for people, instead of the table's. Never holds what a database or library said. */
  message?: string
  retryAfterSeconds?: number
  cause?: unknown
}

/** Everything expected that is answered with "no". Any other error is a bug. */
export class Refusal extends Error {
  readonly reason: ErrorName
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(reason: ErrorName, details: RefusalDetails = {}) {
    super(details.message ?? errorCodes[reason].message, { cause: details.cause })
    this.name = 'Refusal'
    this.reason = reason
    this.field = details.field
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}
