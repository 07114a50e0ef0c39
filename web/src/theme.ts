import { ref } from 'vue'
import { keep, kept } from './kept-choices.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The theme chosen in this browser; `system` follows the system. */
export const theme = ref<Theme>('system')

export function chooseTheme(chosen: Theme): void {
  keep('theme', chosen === 'system' ? undefined : chosen)
  showTheme(chosen)
}

/** For the start: the server put it on the page, unless the page was kept from before. */
export function showKeptTheme(): void {
  showTheme(themes.find((one) => one === kept('theme')) ?? 'system')
}

function showTheme(shown: Theme): void {
  theme.value = shown
  const root = document.documentElement
  if (shown === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = shown
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset['media'] ??= meta.media
    const own = meta.dataset['media']
    // Of several, a browser takes the first whose media matches.
    if (shown === 'system') meta.media = own
    else meta.media = own.includes(shown) ? 'all' : 'not all'
  }
}
