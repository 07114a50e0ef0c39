import { parseInline } from './inline.ts'
import { listAt } from './lists.ts'
import type { Block, Names } from './nodes.ts'
import { tableAt } from './tables.ts'

/** Something that was read, and the line after it. */
export interface Found {
  readonly block: Block
  readonly next: number
}

/** Reads the lines of a container, e.g. of a quote, as blocks. */
export interface Reader {
  blocks(lines: readonly string[]): Block[]
  inline: (text: string) => ReturnType<typeof parseInline>
}

const nobody: Names = new Set()
const deepest = 6

/**
 * A message as blocks: the part of Markdown that people use in chats. Raw HTML, images and whatever
 * else it does not know stay as typed; deeper nesting too. Never slow: `blocks.test.ts`.
 */
export const parseMarkdown = (text: string, names: Names = nobody): Block[] =>
  readerAt(0, names).blocks(text.replace(/\r\n?/g, '\n').split('\n'))

function readerAt(depth: number, names: Names): Reader {
  const inline = (text: string) => parseInline(text, names)
  const paragraph = (lines: readonly string[]): Block => ({
    type: 'paragraph',
    children: inline(lines.join('\n')),
  })
  if (depth > deepest) return { inline, blocks: (lines) => [paragraph(lines)] }

  return {
    inline,
    blocks(lines) {
      const inner = readerAt(depth + 1, names)
      const blocks: Block[] = []
      let pending: string[] = []
      const flush = () => {
        if (pending.length > 0) blocks.push(paragraph(pending))
        pending = []
      }
      for (let at = 0; at < lines.length;) {
        const found = blockAt(lines, at, inner, pending.length > 0)
        if (found || lines[at]!.trim() === '') flush()
        else pending.push(lines[at]!)
        if (found) blocks.push(found.block)
        at = found?.next ?? at + 1
      }
      flush()
      return blocks
    },
  }
}

function blockAt(
  lines: readonly string[],
  at: number,
  inner: Reader,
  inParagraph: boolean,
): Found | undefined {
  return (
    codeAt(lines, at) ??
    quoteAt(lines, at, inner) ??
    headingAt(lines, at, inner) ??
    listAt(lines, at, inner, inParagraph) ??
    tableAt(lines, at, inner)
  )
}

const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`\s]*)[^`]*$/

/** The fence that a line opens: what ends it, and the language it names. */
export function fenceOf(line: string): { mark: string; language: string } | undefined {
  const found = fence.exec(line)
  return found ? { mark: found[1]!, language: found[2]!.toLowerCase() } : undefined
}

export function isFenceEnd(line: string, mark: string): boolean {
  const end = line.trim()
  return end.length >= mark.length && end === mark[0]!.repeat(end.length)
}

/** Without its end the code goes on to the end. */
function codeAt(lines: readonly string[], at: number): Found | undefined {
  const opened = fenceOf(lines[at]!)
  if (!opened) return undefined
  let end = at + 1
  while (end < lines.length && !isFenceEnd(lines[end]!, opened.mark)) end++
  const text = lines.slice(at + 1, end).join('\n')
  return { block: { type: 'code', language: opened.language, text }, next: end + 1 }
}

/** A `>` that begins a face, as in `>:(` or `>_<`, quotes nothing. */
const quoted = /^ {0,3}>(?![:;=_.\-<^]) ?/

function quoteAt(lines: readonly string[], at: number, inner: Reader): Found | undefined {
  let next = at
  while (next < lines.length && quoted.test(lines[next]!)) next++
  if (next === at) return undefined
  const inside = lines.slice(at, next).map((line) => line.replace(quoted, ''))
  return { block: { type: 'quote', blocks: inner.blocks(inside) }, next }
}

const heading = /^ {0,3}#{1,6}[ \t]+(\S.*)$/

function headingAt(lines: readonly string[], at: number, { inline }: Reader): Found | undefined {
  const text = heading.exec(lines[at]!)?.[1]
  if (text === undefined) return undefined
  return { block: { type: 'heading', children: inline(text.trimEnd()) }, next: at + 1 }
}
