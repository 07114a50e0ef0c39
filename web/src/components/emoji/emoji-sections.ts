import { type Emoji, type EmojiGroup, emojiGroups } from '../../emoji/emoji-data.ts'
import { searchEmoji } from '../../emoji/emoji-search.ts'
import { recentEmoji } from '../../emoji/recent-emoji.ts'
import { words } from '../../i18n/words.ts'

interface Section {
  readonly key: string
  readonly label: string
  readonly emoji: readonly Emoji[]
}

export const groupIcons: Readonly<Record<EmojiGroup, string>> = {
  0: '😀',
  1: '👋',
  3: '🐻',
  4: '🍏',
  5: '🚲',
  6: '⚽',
  7: '💡',
  8: '💜',
  9: '🏁',
}

const mostFound = 90

/** What the picker shows: what was found, or else the recently used ones and then each group. */
export function emojiSections(all: readonly Emoji[], query: string): Section[] {
  if (all.length === 0) return []
  if (query.trim() !== '') {
    return [{ key: 'found', label: words.emoji.found, emoji: searchEmoji(all, query, mostFound) }]
  }
  const groups = emojiGroups.map((group) => ({
    key: String(group),
    label: words.emoji.groups[group],
    emoji: all.filter((each) => each.group === group),
  }))
  return [{ key: 'recent', label: words.emoji.recent, emoji: recentOf(all) }, ...groups]
}

function recentOf(all: readonly Emoji[]): Emoji[] {
  const known = new Map(
    all.flatMap((emoji) => [
      [emoji.char, emoji] as const,
      ...emoji.tones.map((char) => [char, { ...emoji, char, tones: [] }] as const),
    ]),
  )
  return recentEmoji().flatMap((char) => known.get(char) ?? [])
}
