import type { Found, Reader } from './blocks.ts'
import type { Block } from './nodes.ts'

interface Marker {
  /** Items whose markers are of the same kind are one list. */
  readonly kind: string
  /** Undefined for a bullet. */
  readonly number: number | undefined
  readonly indent: number
  /** Where the text of the item begins. */
  readonly content: number
}

const marked = /^( {0,3})([-*]|\d{1,3}[.)])( {1,4}|\t)(?=\S)/

function markerOf(line: string): Marker | undefined {
  const found = marked.exec(line)
  if (!found) return undefined
  const [whole, indent, mark] = found as unknown as [string, string, string]
  const isBullet = mark.length === 1
  return {
    kind: isBullet ? mark : mark.at(-1)!,
    number: isBullet ? undefined : Number(mark.slice(0, -1)),
    indent: indent.length,
    content: whole.length,
  }
}

/** In the middle of a paragraph only a bullet or the number 1 begins a list. */
export function listAt(
  lines: readonly string[],
  at: number,
  inner: Reader,
  inParagraph: boolean,
): Found | undefined {
  const first = markerOf(lines[at]!)
  if (!first || (inParagraph && (first.number ?? 1) !== 1)) return undefined
  const items: Block[][] = []
  let next = at
  for (let marker: Marker | undefined = first; marker?.kind === first.kind;) {
    const end = endOfItem(lines, next, marker)
    items.push(inner.blocks(linesOfItem(lines.slice(next, end), marker)))
    next = end
    marker = next < lines.length ? markerOf(lines[next]!) : undefined
  }
  return { block: { type: 'list', start: first.number, items }, next }
}

/** What belongs to an item is indented; blank lines do where such a line or another item follows. */
function endOfItem(lines: readonly string[], at: number, marker: Marker): number {
  const enough = Math.min(marker.content, marker.indent + 2)
  let end = at + 1
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next]!
    if (line.trim() === '') continue
    const isItem = markerOf(line)?.kind === marker.kind
    if (indentOf(line) >= enough) end = next + 1
    else return isItem ? next : end
  }
  return end
}

function linesOfItem(lines: readonly string[], { content }: Marker): string[] {
  return lines.map((line, index) =>
    index === 0 ? line.slice(content) : line.slice(Math.min(indentOf(line), content)),
  )
}

const indentOf = (line: string): number => line.length - line.trimStart().length
