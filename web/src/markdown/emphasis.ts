import type { Emphasis, Inline } from './nodes.ts'

/** A run of `*`, `_` or `~`, which may open or close emphasis. */
export interface Run {
  readonly char: string
  readonly length: number
  readonly canOpen: boolean
  readonly canClose: boolean
}

export type Item = Inline | Run

/** The items as a tree; runs without a partner are text. */
export function withEmphasis(items: readonly Item[]): Inline[] {
  return buildTree(items, pairUp(items))
}

export const isRun = (item: Item): item is Run => 'char' in item

/** What a run turned out to be: closes first, then its unused characters, then opens. */
interface Marks {
  readonly closes: Emphasis[]
  readonly opens: Emphasis[]
  left: number
}

const deepest = 8

/** CommonMark's way of pairing, in a time that grows with the number of items only. */
function pairUp(items: readonly Item[]): Map<number, Marks> {
  const marks = new Map<number, Marks>()
  const openers: number[] = []
  /** No opener below this place in `openers` fits such a closer. */
  const bottoms = new Map<string, number>()
  const runAt = (index: number) => items[index] as Run

  function openerFor(closer: Run): number {
    const bottom = bottoms.get(keyOf(closer)) ?? 0
    for (let place = openers.length - 1; place >= bottom; place--) {
      if (fits(runAt(openers[place]!), closer)) return place
    }
    bottoms.set(keyOf(closer), openers.length)
    return -1
  }

  function close(index: number): void {
    const own = marks.get(index)!
    while (own.left > 0) {
      const place = openerFor(runAt(index))
      if (place < 0) return
      const opener = marks.get(openers[place]!)!
      const used = own.left >= 2 && opener.left >= 2 ? 2 : 1
      const kind = runAt(index).char === '~' ? 'strike' : used === 2 ? 'strong' : 'emphasis'
      own.closes.push(kind)
      opener.opens.unshift(kind)
      own.left -= used
      opener.left -= used
      openers.length = opener.left > 0 ? place + 1 : place
      for (const [key, bottom] of bottoms) bottoms.set(key, Math.min(bottom, openers.length))
    }
  }

  for (const [index, item] of items.entries()) {
    if (!isRun(item)) continue
    const own: Marks = { closes: [], opens: [], left: item.length }
    marks.set(index, own)
    if (item.canClose) close(index)
    if (item.canOpen && own.left > 0) openers.push(index)
  }
  return marks
}

const keyOf = ({ char, length, canOpen }: Run): string => `${char}${length % 3}${canOpen}`

function fits(opener: Run, closer: Run): boolean {
  if (opener.char !== closer.char) return false
  const either = opener.canClose || closer.canOpen
  const sum = opener.length + closer.length
  return !either || sum % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0)
}

function buildTree(items: readonly Item[], marks: ReadonlyMap<number, Marks>): Inline[] {
  const frames: Inline[][] = [[]]
  /** Emphasis that is left out because it is nested too deeply. */
  let skipped = 0
  const add = (node: Inline) => frames.at(-1)!.push(node)

  for (const [index, item] of items.entries()) {
    if (!isRun(item)) {
      add(item)
      continue
    }
    const { closes, opens, left } = marks.get(index)!
    for (const type of closes) {
      if (skipped > 0) skipped--
      else {
        const children = frames.pop()!
        add({ type, children })
      }
    }
    if (left > 0) add({ type: 'text', text: item.char.repeat(left) })
    for (const _ of opens) {
      if (frames.length > deepest) skipped++
      else frames.push([])
    }
  }
  return joinTexts(frames[0]!)
}

/** Neighbouring texts as one. */
export function joinTexts(nodes: readonly Inline[]): Inline[] {
  const joined: Inline[] = []
  let texts: string[] = []
  const flush = () => {
    if (texts.length > 0) joined.push({ type: 'text', text: texts.join('') })
    texts = []
  }
  for (const node of nodes) {
    if (node.type === 'text') texts.push(node.text)
    else {
      flush()
      joined.push('children' in node ? { ...node, children: joinTexts(node.children) } : node)
    }
  }
  flush()
  return joined
}
