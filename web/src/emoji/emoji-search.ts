import { searchKey } from '@parley/protocol/search-key'
import type { Emoji } from './emoji-data.ts'

/** The emoji that fit what was typed, the best first; ignores case and accents. */
export function searchEmoji(all: readonly Emoji[], typed: string, most: number): Emoji[] {
  const query = searchKey(typed.replaceAll(':', ''))
  if (query === '') return all.slice(0, most)
  const code = query.replaceAll(' ', '_')
  const words = query.replaceAll('_', ' ').trim().split(' ')
  return all
    .map((emoji) => ({ emoji, rank: rankOf(emoji, code, words) }))
    .filter(({ rank }) => rank < none)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ emoji }) => emoji)
}

const none = 5
/** Among those that begin alike the shorter one is meant. */
const longestCode = 1_000

function rankOf({ codes, labelKey, keys }: Emoji, code: string, words: readonly string[]): number {
  if (codes.includes(code)) return 0
  const begun = codes.filter((each) => each.startsWith(code)).map(({ length }) => length)
  if (begun.length > 0) return 1 + Math.min(...begun) / longestCode
  if (words.every((word) => labelKey.includes(` ${word}`))) return 2
  if (words.every((word) => keys.includes(` ${word}`))) return 3
  return codes.some((each) => each.includes(code)) ? 4 : none
}
