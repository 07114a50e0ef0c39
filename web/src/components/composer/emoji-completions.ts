import { loadEmoji } from '../../emoji/emoji-data.ts'
import { searchEmoji } from '../../emoji/emoji-search.ts'
import { rememberEmoji } from '../../emoji/recent-emoji.ts'
import { language } from '../../i18n/words.ts'
import { type Completion, mostCompletions } from './completions.ts'

export interface EmojiSuggestions {
  suggest(query: string): Completion[]
  /** The emoji of exactly this shortcode. */
  find(code: string): string | undefined
  /** The picker shows it among the latest from now on. */
  picked(char: string): void
}

/** Suggestions in the person's language. */
export async function suggestEmoji(): Promise<EmojiSuggestions> {
  const all = await loadEmoji(language.code)
  return {
    suggest: (query) =>
      searchEmoji(all, query, mostCompletions).map(({ char, label, codes }) => ({
        key: char,
        insert: char,
        char,
        label: `:${codes.find((code) => code.startsWith(query.toLowerCase())) ?? codes[0]}:`,
        detail: label,
      })),
    find: (code) => all.find(({ codes }) => codes.includes(code))?.char,
    picked: rememberEmoji,
  }
}
