import { describe, expect, test } from 'vitest'
import { linkify } from './linkify.ts'

const links = (text: string) => linkify(text).flatMap(({ href }) => href ?? [])

describe('links in a message', () => {
  test('are found for http and https only', () => {
    expect(links('see http://a.example and https://b.example/x?y=1#z')).toEqual([
      'http://a.example/',
      'https://b.example/x?y=1#z',
    ])
    expect(links('javascript:alert(1) ftp://a.example data:text/html,x www.a.example')).toEqual([])
  })

  test('leave the punctuation of the sentence out', () => {
    expect(links('Is it https://a.example/x? Yes (https://b.example/y).')).toEqual([
      'https://a.example/x',
      'https://b.example/y',
    ])
  })

  test('keep a bracket that the address opened itself', () => {
    expect(links('https://en.example/wiki/Chat_(software)')).toEqual([
      'https://en.example/wiki/Chat_(software)',
    ])
  })

  test('lose nothing of the text', () => {
    const text = '<b>https://a.example</b> "https://b.example" https:// end\nhttps://ü.example/ä'
    expect(
      linkify(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })

  test('do not slow down on a long run of brackets', () => {
    const before = performance.now()
    linkify(`https://a.example/${')'.repeat(10_000)}`)
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})
