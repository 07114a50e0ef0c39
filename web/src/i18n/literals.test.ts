import { expect, test } from 'vitest'
import { parse } from 'vue/compiler-sfc'

const components = import.meta.glob<string>('../**/*.vue', { query: '?raw', import: 'default' })

/** Names, and what is the same in every language. */
const known = new Set(['Parley'])
const shown = new Set(['title', 'label', 'alt', 'placeholder', 'aria-label', 'aria-description'])
const elementNode = 1
const textNode = 2
const attributeNode = 6

interface Node {
  type: number
  content?: unknown
  children?: Node[]
  props?: { type: number; name: string; value?: { content: string } }[]
}

function literalsIn(node: Node): string[] {
  const texts = node.type === textNode ? [String(node.content)] : []
  const attributes = (node.type === elementNode ? (node.props ?? []) : [])
    .filter(({ type, name }) => type === attributeNode && shown.has(name))
    .map(({ value }) => value?.content ?? '')
  const own = [...texts, ...attributes].map((text) => text.trim())
  const found = own.filter((text) => /\p{L}{2}/u.test(text) && !known.has(text))
  return [...found, ...(node.children ?? []).flatMap(literalsIn)]
}

test.each(Object.keys(components))('%s takes its words from the languages', async (path) => {
  const { template } = parse(await components[path]!()).descriptor
  expect(template ? literalsIn(template.ast as unknown as Node) : []).toEqual([])
})
