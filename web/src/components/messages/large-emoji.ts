const few = new RegExp('^(?:\\p{RGI_Emoji}\\s*){1,3}$', 'v')

/** Up to three emoji and nothing else are shown large. */
export const isLargeEmoji = (text: string): boolean => text.length < 80 && few.test(text.trim())
