import { limits } from './limits.ts'
import { usernameKey } from './usernames.ts'

/** `@name` in a text: where it begins, with the `@`, and what follows it, as long as a name could be. */
export interface Token {
  index: number
  name: string
}

/** No longer than this: what stands behind is asked for as often as it may end a sentence. */
const token = /(?<![\p{L}\p{M}\p{N}])@([\p{L}\p{M}\p{N}._-]{1,64})/gu
const trailing = /[._-]$/

/** Where a text may name somebody, in its order. Whether there is somebody, the server says. */
export const mentionTokens = (text: string): Token[] =>
  text.includes('@')
    ? [...text.matchAll(token)].map((match) => ({ index: match.index, name: match[1]! }))
    : []

/**
 * What a token may mean, the longest first: `@bill.` names `bill.`, and otherwise `bill`.
 * As `usernameKey`; `all` means everybody.
 */
export function meaningsOf({ name }: Token): string[] {
  const meanings = [usernameKey(name)]
  for (let rest = name; trailing.test(rest);) meanings.push(usernameKey((rest = rest.slice(0, -1))))
  return meanings.filter((each) => each !== '' && each.length <= 2 * limits.usernameMaxChars)
}

export interface Named {
  everybody: boolean
  /** Each with its place among the tokens: at one place the longest that somebody has counts. */
  names: { place: number; key: string }[]
}

/** Everybody whom a text may mention. */
export function namedIn(text: string): Named {
  const tokens = mentionTokens(text).slice(0, limits.mentionsPerMessage).map(meaningsOf)
  return {
    everybody: tokens.some((meanings) => meanings.includes('all')),
    names: tokens.flatMap((meanings, place) => meanings.map((key) => ({ place, key }))),
  }
}
