import { usernameKey } from '@parley/protocol/usernames'
import { addressAt, domainAt, linkTo, safeUrl } from './addresses.ts'
import { type Item, joinTexts, withEmphasis } from './emphasis.ts'
import type { Inline, Names } from './nodes.ts'

/** Where the parser is in a block's text. */
interface Scan {
  readonly text: string
  readonly names: Names
  at: number
  items: Item[]
  /** The places in `items` of the `[` that may still begin a link. */
  brackets: number[]
  /** Positions of the runs of backticks, by their length. */
  ticks: Map<number, number[]> | undefined
  /** Characters of link targets that may still be looked at: `[a](` a thousand times over. */
  budget: number
}

const plain = /[^\\`*_~[\]<@:]+/y
const punctuation = /^[!-/:-@[-`{-~]$/
const word = /[\p{L}\p{M}\p{N}_]/u
const asciiWord = /[0-9A-Za-z]/

/** The text of a block as nodes. What means nothing special stays as typed. */
export function parseInline(text: string, names: Names): Inline[] {
  if (!/[\\`*_~[\]<@:]/.test(text)) return text === '' ? [] : [{ type: 'text', text }]
  const scan: Scan = {
    ...{ text, names, at: 0, items: [], brackets: [], ticks: undefined },
    budget: 20_000,
  }
  while (scan.at < text.length) {
    plain.lastIndex = scan.at
    const run = plain.exec(text)?.[0]
    if (run === undefined) special(scan, text[scan.at]!)
    else take(scan, run)
  }
  return withEmphasis(scan.items)
}

function special(scan: Scan, char: string): void {
  const read = readers[char]!
  if (!read(scan)) take(scan, char)
}

/** Each reads what begins here and moves on, or answers false. */
const readers: Readonly<Record<string, (scan: Scan) => boolean>> = {
  '\\': readEscape,
  '`': readCode,
  '*': readRun,
  _: readRun,
  '~': readRun,
  '[': readBracket,
  ']': readLink,
  '<': readAngle,
  '@': (scan) => readMention(scan) || readMail(scan),
  ':': readAddress,
}

function take(scan: Scan, text: string): void {
  scan.items.push({ type: 'text', text })
  scan.at += text.length
}

function readEscape(scan: Scan): boolean {
  const next = scan.text[scan.at + 1]
  if (next === undefined || !punctuation.test(next)) return false
  scan.items.push({ type: 'text', text: next })
  scan.at += 2
  return true
}

function readCode(scan: Scan): boolean {
  const length = runLength(scan)
  scan.ticks ??= tickRuns(scan.text)
  const ends = scan.ticks.get(length)!
  while (ends[0] !== undefined && ends[0] <= scan.at) ends.shift()
  const end = ends[0]
  if (end === undefined) {
    take(scan, '`'.repeat(length))
    return true
  }
  const inside = scan.text.slice(scan.at + length, end)
  const padded = /^ .* $/su.test(inside) && /[^ ]/.test(inside)
  scan.items.push({ type: 'code', text: padded ? inside.slice(1, -1) : inside })
  scan.at = end + length
  return true
}

function tickRuns(text: string): Map<number, number[]> {
  const runs = new Map<number, number[]>()
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const known = runs.get(run.length)
    if (known) known.push(index)
    else runs.set(run.length, [index])
  }
  return runs
}

function runLength({ text, at }: Scan): number {
  let end = at
  while (text[end] === text[at]) end++
  return end - at
}

function readRun(scan: Scan): boolean {
  const { text, at } = scan
  const char = text[at]!
  const length = runLength(scan)
  const before = text[at - 1] ?? ' '
  const after = text[at + length] ?? ' '
  const inWord =
    char === '_' ? word.test(before) && word.test(after) : isProduct(length, before, after)
  if (inWord || (char === '~' && length !== 2)) {
    take(scan, char.repeat(length))
    return true
  }
  const canOpen = !/\s/u.test(after) && (char !== '_' || !word.test(before))
  const canClose = !/\s/u.test(before) && (char !== '_' || !word.test(after))
  scan.items.push({ char, length, canOpen, canClose })
  scan.at += length
  return true
}

/** `2*3*4` means no emphasis. */
const isProduct = (length: number, before: string, after: string): boolean =>
  length === 1 && asciiWord.test(before) && asciiWord.test(after)

function readBracket(scan: Scan): boolean {
  scan.brackets.push(scan.items.length)
  take(scan, '[')
  return true
}

function readLink(scan: Scan): boolean {
  const opening = scan.brackets.pop()
  if (opening === undefined || scan.text[scan.at + 1] !== '(') return false
  const target = targetAt(scan, scan.at + 2)
  const url = target && safeUrl(target.address)
  if (!url || opening + 1 === scan.items.length) return false
  const inside = scan.items.slice(opening + 1)
  scan.items.length = opening
  scan.items.push(linkTo(url, withoutLinks(withEmphasis(inside))))
  // A link contains no other link.
  scan.brackets = []
  scan.at = target.end
  return true
}

/** `address)` or `address "title")`; an address has no spaces and its brackets in pairs. */
function targetAt(scan: Scan, start: number): { address: string; end: number } | undefined {
  const { text } = scan
  let depth = 0
  let at = start
  for (; at < text.length && scan.budget-- > 0; at++) {
    const char = text[at]!
    if (char === '(') depth++
    else if (char === ')' && depth-- === 0) return { address: text.slice(start, at), end: at + 1 }
    else if (/\s/u.test(char)) break
  }
  const title = /[ \n]+"[^"\n]{0,200}"\)/y
  title.lastIndex = at
  const found = title.exec(text)?.[0]
  return found === undefined
    ? undefined
    : { address: text.slice(start, at), end: at + found.length }
}

const withoutLinks = (nodes: readonly Inline[]): Inline[] =>
  joinTexts(
    nodes.flatMap((node): readonly Inline[] => {
      if (node.type === 'link') return node.children
      return 'children' in node ? [{ ...node, children: withoutLinks(node.children) }] : [node]
    }),
  )

/** `<https://…>`. */
function readAngle(scan: Scan): boolean {
  const address = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2048})>/iy
  address.lastIndex = scan.at
  const found = address.exec(scan.text)
  const url = found && safeUrl(found[1]!)
  if (!url) return false
  scan.items.push(linkTo(url, [{ type: 'text', text: found[1]! }]))
  scan.at += found[0].length
  return true
}

function readMention(scan: Scan): boolean {
  const { text, at, names } = scan
  if (names.size === 0 || /[\p{L}\p{M}\p{N}]/u.test(text[at - 1] ?? '')) return false
  const token = /@([\p{L}\p{M}\p{N}._-]{1,64})/uy
  token.lastIndex = at
  let name = token.exec(text)?.[1] ?? ''
  while (name !== '' && !names.has(usernameKey(name))) {
    name = /[._-]$/.test(name) ? name.slice(0, -1) : ''
  }
  if (name === '') return false
  scan.items.push({ type: 'mention', name: usernameKey(name), text: `@${name}` })
  scan.at += 1 + name.length
  return true
}

/** A mail address around this `@`; what stands before it was read as text. */
function readMail(scan: Scan): boolean {
  const last = scan.items.at(-1)
  if (!last || !('type' in last) || last.type !== 'text') return false
  const local = /[a-z0-9][a-z0-9.+-]{0,63}$/i.exec(last.text.slice(-64))?.[0]
  const domain = local && domainAt(scan.text, scan.at + 1)
  if (!domain) return false
  putLink(scan, local, `@${domain}`, new URL(`mailto:${local}@${domain}`))
  return true
}

/** An address whose scheme was just read as text. */
function readAddress(scan: Scan): boolean {
  const last = scan.items.at(-1)
  if (!last || !('type' in last) || last.type !== 'text') return false
  const scheme = /(?<![\p{L}\p{N}])(?:https?|mailto)$/iu.exec(last.text.slice(-8))?.[0]
  if (!scheme) return false
  const address = addressAt(scan.text, scan.at - scheme.length, scan.brackets.length > 0)
  if (!address) return false
  putLink(scan, scheme, address.slice(scheme.length), new URL(address))
  return true
}

/** A link of which `read` is the end of the last text, and `rest` comes next. */
function putLink(scan: Scan, read: string, rest: string, url: URL): void {
  const last = scan.items.pop() as { type: 'text'; text: string }
  const before = last.text.slice(0, last.text.length - read.length)
  if (before !== '') scan.items.push({ type: 'text', text: before })
  scan.items.push(linkTo(url, [{ type: 'text', text: read + rest }]))
  scan.at += rest.length
}
