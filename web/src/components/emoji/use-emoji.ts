import { ref, shallowRef, watch } from 'vue'
import { type Emoji, loadEmoji } from '../../emoji/emoji-data.ts'
import { keepTone, preferredTone, rememberEmoji } from '../../emoji/recent-emoji.ts'

/** The emoji in this language, once they are there, and the person's skin tone. */
export function useEmoji(language: () => string) {
  const all = shallowRef<readonly Emoji[]>([])
  const failed = ref(false)
  const tone = ref(preferredTone())

  async function load(): Promise<void> {
    failed.value = false
    try {
      all.value = await loadEmoji(language())
    } catch {
      failed.value = true
    }
  }
  watch(language, load, { immediate: true })
  watch(tone, keepTone)

  const inTone = ({ char, tones }: Emoji): string => tones[tone.value - 1] ?? char
  return { all, failed, load, tone, inTone, remember: rememberEmoji }
}
