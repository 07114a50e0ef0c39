import { expect, test } from 'vitest'
import { highlight } from './highlight.ts'
import type { Token } from './tokens.ts'

const textOf = (tokens: readonly Token[]): string =>
  tokens.map((token) => (typeof token === 'string' ? token : textOf(token.tokens))).join('')

test('code is cut into named pieces and loses nothing', () => {
  const code = 'const a = `x ${1}` // <b>\n'
  const tokens = highlight(code, 'ts')!
  expect(tokens[0]).toEqual({ scope: 'keyword', tokens: ['const'] })
  expect(textOf(tokens)).toBe(code)
  expect(textOf(highlight('<p onclick="a()">&amp;<script>let a</script>', 'html')!)).toBe(
    '<p onclick="a()">&amp;<script>let a</script>',
  )
})

test('an unknown language has no colours', () => {
  expect(highlight('x', 'klingon')).toBeUndefined()
  expect(highlight('x', '__proto__')).toBeUndefined()
})
