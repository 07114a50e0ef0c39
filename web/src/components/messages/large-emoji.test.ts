import { expect, test } from 'vitest'
import { isLargeEmoji } from './large-emoji.ts'

test('up to three emoji alone are large', () => {
  for (const text of ['🎉', '👍🏽', '👩‍👩‍👧', '❤️ 🔥', '🇻🇳🇻🇳🇻🇳', ' 😀\n'])
    expect(isLargeEmoji(text)).toBe(true)
  for (const text of ['', 'a', '😀!', '😀😀😀😀', '1', '#']) expect(isLargeEmoji(text)).toBe(false)
})
