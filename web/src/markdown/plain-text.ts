import { parseMarkdown } from './blocks.ts'
import { type Block, textOf } from './nodes.ts'

const longest = 500

/** The beginning of a message on one line, without its formatting: for previews, quotes and notices. */
export const plainText = (content: string): string =>
  linesOf(parseMarkdown(content.slice(0, longest)))
    .join(' ')
    .replace(/\s+/gu, ' ')
    .trim()

function linesOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block): string[] => {
    switch (block.type) {
      case 'code':
        return [block.text]
      case 'quote':
        return linesOf(block.blocks)
      case 'list':
        return block.items.map((item, index) => {
          const mark = block.start === undefined ? '•' : `${block.start + index}.`
          return `${mark} ${linesOf(item).join(' ')}`
        })
      case 'table':
        return [block.head, ...block.rows].map((row) => row.map(textOf).join(' | '))
      default:
        return [textOf(block.children)]
    }
  })
}
