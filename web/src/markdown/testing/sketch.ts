import type { Block, Inline } from '../nodes.ts'

const marks = { strong: '**', emphasis: '*', strike: '~~' }

/** Nodes in a short form that tests can be read by. */
export const sketchInline = (nodes: readonly Inline[]): string =>
  nodes
    .map((node) => {
      switch (node.type) {
        case 'text':
          return node.text
        case 'code':
          return `\`${node.text}\``
        case 'mention':
          return `{${node.name}:${node.text}}`
        case 'link':
          return `[${sketchInline(node.children)}](${[node.href, node.host].filter(Boolean).join(' ')})`
        default:
          return marks[node.type] + sketchInline(node.children) + marks[node.type]
      }
    })
    .join('')

export function sketch(block: Block): string {
  const all = (blocks: readonly Block[]) => blocks.map(sketch).join(' ')
  switch (block.type) {
    case 'paragraph':
      return `p:${sketchInline(block.children)}`
    case 'heading':
      return `h:${sketchInline(block.children)}`
    case 'code':
      return `code ${block.language}:${block.text}`
    case 'quote':
      return `quote(${all(block.blocks)})`
    case 'list':
      return `${block.start === undefined ? 'ul' : `ol${block.start}`}(${block.items.map(all).join('|')})`
    case 'table': {
      const rows = [block.head, ...block.rows].map((row) => `(${row.map(sketchInline).join('|')})`)
      return `table ${block.align.join(',')} ${rows.join(' ')}`
    }
  }
}
