/** The server cannot be tried, for a reason that a person can mend. */
export class StageError extends Error {
  override name = 'StageError'
}
