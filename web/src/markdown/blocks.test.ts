import { describe, expect, test } from 'vitest'
import { parseMarkdown } from './blocks.ts'
import { plainText } from './plain-text.ts'
import { sketch } from './testing/sketch.ts'

const blocks = (text: string) => parseMarkdown(text).map(sketch)

test('blank lines part paragraphs; single line breaks stay as typed', () => {
  expect(blocks('one\n  two\n\n\nthree')).toEqual(['p:one\n  two', 'p:three'])
})

test('a fence holds code as it is, with its language', () => {
  expect(blocks('see\n```TS\nlet a = 1\n\n  **b**\n```\nafter')).toEqual([
    'p:see',
    'code ts:let a = 1\n\n  **b**',
    'p:after',
  ])
  expect(blocks('~~~\n```\n~~~')).toEqual(['code :```'])
  expect(blocks('```\nno end')).toEqual(['code :no end'])
  expect(blocks('```one line```')).toEqual(['p:`one line`'])
})

test('quotes hold blocks, and end with the last marked line', () => {
  expect(blocks('> a\n> > b\n> - c\nd')).toEqual(['quote(p:a quote(p:b) ul(p:c))', 'p:d'])
  expect(blocks('>close')).toEqual(['quote(p:close)'])
  expect(blocks('>:( and >_<')).toEqual(['p:>:( and >_<'])
})

test('lists nest by indentation and count from their first number', () => {
  expect(blocks('- a\n  - b\n  - c\n- d')).toEqual(['ul(p:a ul(p:b|p:c)|p:d)'])
  expect(blocks('3. c\n4. d')).toEqual(['ol3(p:c|p:d)'])
  expect(blocks('1. a\n\n   more\n\n2. b\nend')).toEqual(['ol1(p:a p:more|p:b)', 'p:end'])
})

test('what only looks like a list is text', () => {
  for (const text of ['2023. A year', '-5 degrees', '-', '+ 1', 'sum\n2. two']) {
    expect(blocks(text)).toEqual([`p:${text}`])
  }
})

test('headings are known by their space', () => {
  expect(blocks('# Big\n#general')).toEqual(['h:Big', 'p:#general'])
})

test('tables need a line of dashes with as many columns', () => {
  expect(blocks('| a | b |\n|:-|-:|\n| 1 | `x` | 3 |\n| 2 |')).toEqual([
    'table start,end (a|b) (1|`x`) (2|)',
  ])
  expect(blocks('a | b\n- - -')).toEqual(['p:a | b', 'ul(ul(p:-))'])
  expect(blocks('a | b')).toEqual(['p:a | b'])
})

test('HTML and images stay as typed', () => {
  expect(blocks('<b>x</b><img src=x onerror=alert(1)>')).toEqual([
    'p:<b>x</b><img src=x onerror=alert(1)>',
  ])
  expect(blocks('![alt](https://a.example/x.png)')).toEqual([
    'p:![alt](https://a.example/x.png a.example)',
  ])
})

test('the plain text is one line without the marks', () => {
  expect(plainText('# Hi **you**\n\n> `code` and\n> [text](https://a.example)\n\n1. a\n2. b')).toBe(
    'Hi you code and text 1. a 2. b',
  )
  expect(plainText('```js\nlet a\n```')).toBe('let a')
  expect(plainText('a'.repeat(10_000))).toHaveLength(500)
})

describe('ten thousand hostile characters are parsed in no time', () => {
  const units = [
    ...['*', '*a ', '**a ', '*a**', '_', '_a ', '_a__b', '~~a ', '*_~[`', '***a '],
    ...['[', '[a](', '[[[[](', '[a](((((', '[a]]]', '![a](', '[a](http://b) ', '[a]: b\n'],
    ...['>', '> ', '>\n', '- ', '-\n', '1. ', '- a\n  ', '* - 1. ', '    - a\n', '- a\n\n'],
    ...['`', '`a``', '` ', '```\n', '~~~\n```\n', '```a\n'],
    ...['<', '<a ', '<http://', '<!--', '\\', '&', '&amp;', '# ', '#\n'],
    ...['|', '|a|b\n|-|-\n', '|-', 'a|\n-|\n', 'a\n=\n', 'a\n-\n', ' ', '\t', '\n', ' \n'],
    ...['@', 'a@b.c ', 'a@', '@a-_.', 'http://', 'http://a ', 'https://((', ':', 'mailto:a'],
    ...['a.', 'a', '😀', '\u0301', '\u202E', 'é*'],
  ]
  parseMarkdown('*warm* `up`')

  test.each(units)('%j', (unit) => {
    const text = unit.repeat(Math.ceil(10_000 / unit.length)).slice(0, 10_000)
    const used = Array.from({ length: 5 }, () => {
      const before = process.cpuUsage()
      parseMarkdown(text, new Set(['a']))
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1_000
    })
    expect(Math.min(...used)).toBeLessThan(100)
  })
})
