import type { Owner } from './owner.ts'

export type EmbeddedProblem =
  | 'platformMissing'
  | 'otherVersion'
  | 'notADataDirectory'
  | 'notWritable'
  | 'diskFull'
  | 'noUser'
  | 'elsewhere'
  | 'notAnswering'
  | 'inUse'
  | 'failed'

/** Why the embedded database cannot be used: one sentence for the person at the terminal, with the cure. */
export class EmbeddedDatabaseError extends Error {
  override name = 'EmbeddedDatabaseError'
  readonly problem: EmbeddedProblem

  constructor(problem: EmbeddedProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}

const useYourOwn = 'set DATABASE_URL to use a PostgreSQL of your own'

export function platformMissing(detail: string): EmbeddedDatabaseError {
  const platform = `${process.platform}-${process.arch}`
  return new EmbeddedDatabaseError(
    'platformMissing',
    `The PostgreSQL that comes with Parley does not run on this machine (${platform}: ${detail}): ${useYourOwn}.`,
  )
}

export const mayNotBecome = ({ uid }: Owner, error: NodeJS.ErrnoException) =>
  new EmbeddedDatabaseError(
    'noUser',
    `PostgreSQL does not run as root, and this root may not become user ${uid} (${error.code}): run Parley as an ordinary user, or ${useYourOwn}.`,
  )

/** Turns what the file system said about `path` into a sentence; anything else is passed on. */
export function fileProblem(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error)
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code))
    return new EmbeddedDatabaseError(
      'notWritable',
      `Parley cannot write its database to ${path} (${code}): make it a directory of the user that runs Parley, or set PARLEY_DATA_DIR to another one.`,
      { cause: error },
    )
  return error
}

const diskFull = (path: string, cause?: unknown) =>
  new EmbeddedDatabaseError(
    'diskFull',
    `The disk that holds ${path} is full: free some space, or set PARLEY_DATA_DIR to a directory on another disk.`,
    { cause },
  )

/** Finds the reason in what initdb or postgres printed. */
export function outputProblem(
  program: string,
  output: string,
  path: string,
): EmbeddedDatabaseError {
  if (/No space left on device|Disk quota exceeded/.test(output)) return diskFull(path)
  if (/error while loading shared libraries|not found \(required by/.test(output))
    return platformMissing(output.trim().split('\n')[0]!)
  const lines = output.trim().split('\n')
  const reason = lines.find((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1)
  return new EmbeddedDatabaseError(
    'failed',
    `${program} could not start the database in ${path}: ${reason?.trim() || 'it said nothing'}. Mend that, or ${useYourOwn}.`,
  )
}
