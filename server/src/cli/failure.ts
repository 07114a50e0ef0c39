import { ConfigError } from '../config.ts'
import { EmbeddedDatabaseError } from '../database/embedded/errors.ts'
import { MigrationError } from '../database/migrate.ts'
import { BackupError } from '../database/transfer/backup-file.ts'
import { TransferError } from '../database/transfer/transfer.ts'
import { StageError } from '../verify/stage-error.ts'
import { Refusal } from '@parley/protocol/refusal'

/** A problem that a person can mend: one sentence, no stack trace. */
export class Failure extends Error {
  override name = 'Failure'
}

/** Wrong use of the command line: exit code 2 and the usage. */
export class UsageError extends Failure {
  override name = 'UsageError'
}

/** What to tell a person, or undefined for a bug. */
export function sentenceFor(error: unknown): string | undefined {
  if (error instanceof ConfigError)
    return ['The configuration has problems:', ...error.problems.map((each) => `  ${each}`)].join(
      '\n',
    )
  if (error instanceof Failure || error instanceof MigrationError) return error.message
  if (error instanceof EmbeddedDatabaseError) return error.message
  if (error instanceof BackupError || error instanceof TransferError) return error.message
  if (error instanceof StageError) return error.message
  if (error instanceof Refusal && error.reason === 'unavailable')
    return databaseSentence(error.cause)
  return networkSentence(error)
}

function databaseSentence(cause: unknown): string {
  const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : ''
  return `The database does not answer (${why}). Is DATABASE_URL right, and is the server running?`
}

function networkSentence(error: unknown): string | undefined {
  const { code, port, address } = error as NodeJS.ErrnoException & {
    port?: number
    address?: string
  }
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${address} is taken. Stop what uses it, or choose another with PORT.`
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} needs more rights. Choose one above 1023 with PORT.`
  if (code === 'EADDRNOTAVAIL') return `${address} is not an address of this machine: check HOST.`
  return undefined
}
