import { fenceOf, isFenceEnd } from '../../markdown/blocks.ts'

/** A change of a field's text: what to put where, and what is selected afterwards. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly selected: readonly [start: number, end: number]
}

const marks: Readonly<Record<string, string>> = { b: '**', i: '_', e: '`' }

/** What Ctrl or Cmd and this key do to the selection: mark it, or take the marks away again. */
export function markEdit(key: string, text: string, start: number, end: number): Edit | undefined {
  const mark = marks[key]
  if (!mark) return undefined
  const inside = text.slice(start, end)
  if (mark === '`' && inside.includes('\n')) return surround('```\n', '\n```', inside, start, end)
  const size = mark.length
  const isMarked = text.slice(start - size, start) === mark && text.slice(end, end + size) === mark
  if (isMarked && start >= size) {
    const selected = [start - size, end - size] as const
    return { from: start - size, to: end + size, text: inside, selected }
  }
  return surround(mark, mark, inside, start, end)
}

function surround(before: string, after: string, inside: string, from: number, to: number): Edit {
  const start = from + before.length
  return { from, to, text: before + inside + after, selected: [start, start + inside.length] }
}

/** Whether a text ends within code that a fence has opened. */
export function isInFence(text: string): boolean {
  let open: string | undefined
  for (const line of text.split('\n')) {
    if (open === undefined) open = fenceOf(line)?.mark
    else if (isFenceEnd(line, open)) open = undefined
  }
  return open !== undefined
}
