import { isInFence } from './text-marks.ts'

/** What is being typed that could be completed, and where it begins. */
export interface Trigger {
  readonly kind: 'person' | 'emoji'
  readonly query: string
  readonly start: number
}

const person = /(?<![\p{L}\p{M}\p{N}])@([\p{L}\p{M}\p{N}._-]{0,32})$/u
const emoji = /(?<![\p{L}\p{N}:]):([\p{L}\p{M}\p{N}_+-]{2,32})$/u
const farthest = 40

/** `@name` or `:code` right before the caret, but not in code. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(Math.max(0, caret - farthest), caret)
  const found = person.exec(before) ?? emoji.exec(before)
  if (!found || isInCode(text.slice(0, caret))) return undefined
  const kind = found[0].startsWith('@') ? 'person' : 'emoji'
  return { kind, query: found[1]!, start: caret - found[0].length }
}

/** The `:code:` that was just finished. */
export function finishedCode(text: string, caret: number): string | undefined {
  const before = text.slice(Math.max(0, caret - farthest), caret)
  const code = /(?<![\p{L}\p{N}:]):([a-z0-9_+-]{2,32}):$/u.exec(before)?.[1]
  return code !== undefined && !isInCode(text.slice(0, caret)) ? code : undefined
}

function isInCode(before: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return line.split('`').length % 2 === 0 || isInFence(before)
}
