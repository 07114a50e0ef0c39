/** A piece of a message's text; with `href` it is a link. */
export interface Piece {
  readonly text: string
  readonly href?: string
}

const candidate = /\bhttps?:\/\/[^\s<>"'`]+/giu
const trailing = /^[.,;:!?…)\]}*_~]$/u
const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** Cuts a text at its http and https addresses; joined again the pieces are the text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let done = 0
  for (const match of text.matchAll(candidate)) {
    const address = withoutTail(match[0])
    if (!URL.canParse(address)) continue
    if (match.index > done) pieces.push({ text: text.slice(done, match.index) })
    pieces.push({ text: address, href: new URL(address).href })
    done = match.index + address.length
  }
  if (done < text.length) pieces.push({ text: text.slice(done) })
  return pieces
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
