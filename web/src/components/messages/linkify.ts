/** A piece of a message's text; with `href` it is a link. */
export interface Piece {
  readonly text: string
  readonly href?: string
}

const candidate = /\bhttps?:\/\/[^\s<>"'`]+/giu
const trailing = /[.,;:!?…)\]}*_~]$/u
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
  let end = address
  while (trailing.test(end)) {
    const opening = pairs[end.at(-1)!]
    if (opening && count(end, opening) >= count(end, end.at(-1)!)) break
    end = end.slice(0, -1)
  }
  return end
}

const count = (text: string, char: string): number => text.split(char).length - 1
