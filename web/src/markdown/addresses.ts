import { type Inline, type Link, textOf } from './nodes.ts'

const webAddress = /https?:\/\/[^\s<>"'`]+/iuy
const mailAddress = /mailto:[^\s<>"'`]+/iuy
const domain = /[a-z0-9-]+(?:\.[a-z0-9-]+)+/iy
const trailing = /^[.,;:!?…)\]}*_~]$/u
const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }
const protocols = new Set(['http:', 'https:', 'mailto:'])

/** Where a link may lead, or undefined. */
export function safeUrl(address: string): URL | undefined {
  if (!address.includes(':')) return undefined
  try {
    const url = new URL(address)
    return protocols.has(url.protocol) ? url : undefined
  } catch {
    return undefined
  }
}

/** A link to `url`; it tells the host unless its text is that address. */
export function linkTo(url: URL, children: readonly Inline[]): Link {
  const where = url.protocol === 'mailto:' ? decode(url.pathname) : url.host
  const told = url.username === '' && url.password === '' && leadsTo(textOf(children), url, where)
  return { type: 'link', href: url.href, host: told ? undefined : where, children }
}

function leadsTo(text: string, url: URL, where: string): boolean {
  const said = text.trim().toLowerCase()
  if (said === where.toLowerCase()) return true
  return said.includes(where.toLowerCase()) && safeUrl(said)?.host === url.host
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The address that begins here, without the punctuation of the sentence around it. */
export function addressAt(text: string, at: number, inBrackets: boolean): string | undefined {
  const pattern = text[at]?.toLowerCase() === 'm' ? mailAddress : webAddress
  pattern.lastIndex = at
  const found = pattern.exec(text)?.[0]
  if (found === undefined) return undefined
  const end = inBrackets ? found.indexOf('](') : -1
  const address = withoutTail(end < 0 ? found : found.slice(0, end))
  return safeUrl(address) && address
}

/** The domain after the `@` of a mail address. */
export function domainAt(text: string, at: number): string | undefined {
  domain.lastIndex = at
  const found = domain.exec(text)?.[0].replace(/-+$/, '')
  return found !== undefined && /\.[a-z]{2,}$/i.test(found) ? found : undefined
}

/** The full stop after an address is the sentence's; a bracket is, unless the address opened it. */
function withoutTail(address: string): string {
  const counts = new Map<string, number>()
  for (const char of address) counts.set(char, countOf(counts, char) + 1)
  let end = address.length
  while (end > 0 && trailing.test(address[end - 1]!)) {
    const last = address[end - 1]!
    const opening = pairs[last]
    if (opening && countOf(counts, opening) >= countOf(counts, last)) break
    counts.set(last, countOf(counts, last) - 1)
    end--
  }
  return address.slice(0, end)
}

const countOf = (counts: Map<string, number>, char: string): number => counts.get(char) ?? 0
