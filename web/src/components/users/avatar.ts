import type { UserId } from '@parley/protocol/ids'

const hues = [25, 62, 95, 142, 178, 215, 255, 292, 328, 355]

/** Neighbouring ids get hues that are far apart. */
export const hueOf = (id: UserId): number => hues[(id * 7) % hues.length]!

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** "ada.lovelace" is AL, "john" is J. */
export function initialsOf(username: string): string {
  const parts = username.split(/[._-]+/u).filter((part) => part !== '')
  const first = parts.slice(0, 2).map((part) => [...graphemes.segment(part)][0]?.segment ?? '')
  return first.join('').toUpperCase() || '?'
}
