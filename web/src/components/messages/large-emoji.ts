const few = new RegExp('^(?:\\p{RGI_Emoji}\\s*){1,3}$', 'v')

/** Up to three emoji and nothing else are shown large. */
export const isLargeEmoji = (text: string): boolean =>
  // Most texts are words, and the first use of the other expression takes long.
  text.length < 80 && !/\p{L}/u.test(text) && few.test(text.trim())
