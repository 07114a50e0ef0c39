import { h, type VNode, type VNodeChild } from 'vue'
import type { Align, Block, Cell, Inline, Link, List, Table } from '../../markdown/nodes.ts'
import MessageCode from './MessageCode.vue'

/** What the message around the blocks decides. */
export interface Surroundings {
  mention(name: string, text: string): VNodeChild
  /** Stands at the end of the text. */
  tail: VNode | undefined
}

/** A message's blocks as elements. Text stays text: nothing here is ever parsed as HTML. */
export function renderBlocks(blocks: readonly Block[], around: Surroundings): VNode[] {
  const inner = { ...around, tail: undefined }
  const elements = blocks.map((block, index) =>
    renderBlock(block, index === blocks.length - 1 ? around : inner),
  )
  const last = blocks.at(-1)
  if (around.tail && last?.type !== 'paragraph') elements.push(h('p', around.tail))
  return elements
}

function renderBlock(block: Block, around: Surroundings): VNode {
  const inner = { ...around, tail: undefined }
  switch (block.type) {
    case 'paragraph':
      return h('p', { dir: 'auto' }, [...renderInline(block.children, around), around.tail])
    case 'heading':
      return h('p', { dir: 'auto' }, h('strong', renderInline(block.children, around)))
    case 'code':
      return h(MessageCode, { text: block.text, language: block.language })
    case 'quote':
      return h('blockquote', { dir: 'auto' }, renderBlocks(block.blocks, inner))
    case 'list':
      return renderList(block, inner)
    case 'table':
      return renderTable(block, inner)
  }
}

function renderList({ start, items }: List, around: Surroundings): VNode {
  const children = items.map((item) => h('li', renderBlocks(item, around)))
  if (start === undefined) return h('ul', { dir: 'auto' }, children)
  return h('ol', { dir: 'auto', start }, children)
}

function renderTable({ align, head, rows }: Table, around: Surroundings): VNode {
  const cell = (tag: 'th' | 'td') => (content: Cell, column: number) =>
    h(tag, { dir: 'auto', class: alignClass(align[column]) }, renderInline(content, around))
  return h('div', { class: 'table', tabindex: 0 }, [
    h('table', [
      h('thead', h('tr', head.map(cell('th')))),
      h(
        'tbody',
        rows.map((row) => h('tr', row.map(cell('td')))),
      ),
    ]),
  ])
}

const alignClass = (align: Align): string | undefined => align && `align-${align}`

const tags = { strong: 'strong', emphasis: 'em', strike: 's' }

function renderInline(nodes: readonly Inline[], around: Surroundings): VNodeChild[] {
  return nodes.map((node): VNodeChild => {
    switch (node.type) {
      case 'text':
        return node.text
      case 'code':
        return h('code', node.text)
      case 'link':
        return renderLink(node, around)
      case 'mention':
        return around.mention(node.name, node.text)
      default:
        return h(tags[node.type], renderInline(node.children, around))
    }
  })
}

function renderLink({ href, host, children }: Link, around: Surroundings): VNodeChild[] {
  const target = href.startsWith('mailto:') ? {} : { target: '_blank' }
  const link = h(
    'a',
    { href, ...target, rel: 'noopener noreferrer nofollow' },
    renderInline(children, around),
  )
  return host === undefined ? [link] : [link, h('span', { class: 'host' }, ` (${host})`)]
}
