import { expect, test } from 'vitest'
import { describeBrowser } from './describe-browser.ts'

test('a signed-in browser is called by its name', () => {
  const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36'
  const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1'
  expect(describeBrowser(chrome)).toBe('Chrome on Windows')
  expect(describeBrowser(`${chrome} Edg/142.0.0.0`)).toBe('Edge on Windows')
  expect(describeBrowser(safari)).toBe('Safari on iOS')
  expect(describeBrowser('curl/8.5.0')).toBe('curl/8.5.0')
  expect(describeBrowser('')).toBe('Unknown browser')
})
