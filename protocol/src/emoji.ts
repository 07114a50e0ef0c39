/** Without the flag in a literal: TypeScript's target does not have it yet. */
const recommended = new RegExp('^\\p{RGI_Emoji}$', 'v')
const drawnAsText = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu

/**
 * The selector for emoji (U+FE0F) where it belongs and nowhere else: after what is drawn as text
 * without it, unless a skin tone follows (UTS #51, "fully-qualified").
 */
export const fullyQualified = (text: string): string =>
  text.replaceAll('\ufe0f', '').replace(drawnAsText, '$&\ufe0f')

/** Whether a fully-qualified text is one of the emoji that keyboards have. */
export const isEmoji = (text: string): boolean =>
  recommended.test(text) || (!knowsPicker && looksLikeEmoji.test(text))

/** The picker has emoji of Unicode 17; Node 20.19 and 22 know those of 16. */
const knowsPicker = recommended.test('\u{1faea}')
const part = '\\p{Extended_Pictographic}\\ufe0f?\\p{Emoji_Modifier}?'
const looksLikeEmoji = new RegExp(`^${part}(?:\\u200d${part})*$`, 'u')
