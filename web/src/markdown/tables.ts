import type { Found, Reader } from './blocks.ts'
import type { Align, Cell } from './nodes.ts'

const mostColumns = 20

/** A line with `|`, a line of dashes with as many columns, and the rows after them. */
export function tableAt(lines: readonly string[], at: number, inner: Reader): Found | undefined {
  const head = cellsOf(lines[at]!)
  const align = head && alignsOf(lines[at + 1])
  if (!align || align.length !== head.length || head.length > mostColumns) return undefined
  const rows: Cell[][] = []
  let next = at + 2
  for (; next < lines.length; next++) {
    const cells = cellsOf(lines[next]!)
    if (!cells) break
    rows.push(head.map((_, column) => inner.inline(cells[column] ?? '')))
  }
  const block = { type: 'table' as const, align, head: head.map(inner.inline), rows }
  return { block, next }
}

function alignsOf(line: string | undefined): Align[] | undefined {
  if (line === undefined || !/^[-:|\s]+$/.test(line)) return undefined
  const cells = cellsOf(line)
  if (!cells?.every((cell) => /^:?-+:?$/.test(cell))) return undefined
  return cells.map((cell) => {
    if (cell.endsWith(':')) return cell.startsWith(':') ? 'center' : 'end'
    return cell.startsWith(':') ? 'start' : undefined
  })
}

/** Undefined where the line has none. `\|` separates nothing. */
function cellsOf(line: string): string[] | undefined {
  if (!line.includes('|')) return undefined
  const inside = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
}
