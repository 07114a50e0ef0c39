import { searchKey } from '@parley/protocol/search-key'
import shortcodesUrl from 'emojibase-data/en/shortcodes/github.json?url'
import englishUrl from 'emojibase-data/en/compact.json?url'
import vietnameseUrl from 'emojibase-data/vi/compact.json?url'

export interface Emoji {
  readonly char: string
  readonly label: string
  /** The words of the label as `searchKey` makes them, each after a space. */
  readonly labelKey: string
  /** As in `:tada:`, without the colons; the first is the usual one. */
  readonly codes: readonly string[]
  /** A key of `emojiGroups`. */
  readonly group: number
  /** All words by which it is found, in the same form. */
  readonly keys: string
  /** The same in the five skin tones, from light to dark; empty where it has none. */
  readonly tones: readonly string[]
}

/** As the data numbers them, in the order of keyboards. The missing number holds parts of emoji. */
export const emojiGroups = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const
export type EmojiGroup = (typeof emojiGroups)[number]

interface Entry {
  hexcode: string
  unicode: string
  label: string
  group?: number
  order?: number
  tags?: string[]
  skins?: { unicode: string }[]
}

/** Where a language has none of its own, the labels are English. */
const urls: Readonly<Record<string, string>> = { en: englishUrl, vi: vietnameseUrl }
/** Then whoever looks for an emoji again asks anew. */
const patienceMs = 30_000
const loaded = new Map<string, Promise<readonly Emoji[]>>()

/** Every emoji, in the usual order; fetched once per language. */
export function loadEmoji(language: string): Promise<readonly Emoji[]> {
  const url = urls[language] ?? englishUrl
  const known = loaded.get(url)
  if (known) return known
  const loading = Promise.all([
    fetchJson<Entry[]>(url),
    fetchJson<Record<string, string | string[]>>(shortcodesUrl),
  ]).then(([entries, shortcodes]) => toEmoji(entries, shortcodes))
  loaded.set(url, loading)
  loading.catch(() => loaded.delete(url))
  return loading
}

export function toEmoji(
  entries: readonly Entry[],
  shortcodes: Readonly<Record<string, string | string[]>>,
): Emoji[] {
  const groups = new Set<number | undefined>(emojiGroups)
  return entries
    .filter(({ group }) => groups.has(group))
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((entry) => emojiFrom(entry, [shortcodes[entry.hexcode] ?? []].flat()))
}

function emojiFrom(
  { unicode, label, group, tags = [], skins = [] }: Entry,
  known: string[],
): Emoji {
  const codes = known.length > 0 ? known : [searchKey(label).replace(/[^a-z0-9]+/g, '_')]
  const words = [label, ...codes.map((code) => code.replaceAll('_', ' ')), ...tags]
  return {
    ...{ char: usualForm(unicode), label, codes, group: group! },
    labelKey: ` ${searchKey(label)}`,
    keys: ` ${searchKey(words.join(' '))}`,
    tones: skins.length === 5 ? skins.map((skin) => usualForm(skin.unicode)) : [],
  }
}

const usual = new RegExp('^\\p{RGI_Emoji}$', 'v')

/** The data asks for the colourful form of some that have no other; keyboards type them without. */
function usualForm(char: string): string {
  const bare = char.replaceAll('\uFE0F', '')
  return usual.test(char) || !usual.test(bare) ? char : bare
}

async function fetchJson<Value>(url: string): Promise<Value> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as Value
}
