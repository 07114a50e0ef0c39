import { limits } from '@parley/protocol/limits'

/** How many code points may still be written; negative when there are too many. */
export function charactersLeft(text: string): number {
  // Cheap for nearly every message: a code point has at most two units, and NFC rarely grows.
  if (text.length * 3 < limits.contentMaxChars) return limits.contentMaxChars - text.length
  return limits.contentMaxChars - [...text.normalize('NFC')].length
}
