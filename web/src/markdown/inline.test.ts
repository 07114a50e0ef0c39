import { describe, expect, test } from 'vitest'
import { parseInline } from './inline.ts'
import { textOf } from './nodes.ts'
import { sketchInline } from './testing/sketch.ts'

const inline = (text: string, ...names: string[]) => sketchInline(parseInline(text, new Set(names)))
const unchanged = (text: string) => expect(inline(text)).toBe(text)

describe('emphasis', () => {
  test.each([
    ['*a* _b_ **c** __d__ ~~e~~', '*a* *b* **c** **d** ~~e~~'],
    ['***both***', '***both***'],
    ['**a *b* c**', '**a *b* c**'],
    ['**bold**text and「**强调**」', '**bold**text and「**强调**」'],
    ['*a **b*', '*a **b*'],
    ['_(a)_.', '*(a)*.'],
  ])('%s', (text, expected) => expect(inline(text)).toBe(expected))

  test.each(
    [
      ['2*3*4', 'snake_case_name', 'a * b * c', '** a **', '*', '~one~', '~~~~', '*args, **kwargs'],
      ['__', '_ _', '5*', '*5'],
    ].flat(),
  )('%s means none', unchanged)

  test('a backslash takes the meaning away', () => {
    expect(inline('\\*a\\* \\[b](c) \\\\ C:\\dir')).toBe('*a* [b](c) \\ C:\\dir')
    expect(inline('¯\\_(ツ)_/¯')).toBe('¯_(ツ)_/¯')
  })

  test('nesting ends somewhere', () => {
    const deep = parseInline(`${'*a _b '.repeat(50)}${'x_ y* '.repeat(50)}`, new Set())
    const depth = (nodes: typeof deep): number =>
      1 + Math.max(0, ...nodes.map((node) => ('children' in node ? depth([...node.children]) : 0)))
    expect(depth(deep)).toBeLessThan(12)
    expect(textOf(deep)).toContain('a b a b')
  })
})

describe('code', () => {
  test('holds everything as it is', () => {
    expect(inline('`*a* <b>` `` a`b `` `')).toBe('`*a* <b>` `a`b` `')
    expect(parseInline('a `b', new Set())).toEqual([{ type: 'text', text: 'a `b' }])
  })
})

describe('links', () => {
  test('lead to web and mail addresses only, and tell where', () => {
    expect(inline('[a](https://b.example/x_(y)_z "t")')).toBe(
      '[a](https://b.example/x_(y)_z b.example)',
    )
    expect(inline('[b.example](https://b.example)')).toBe('[b.example](https://b.example/)')
    expect(inline('[https://good.example](https://bad.example/https://good.example)')).toBe(
      '[https://good.example](https://bad.example/https://good.example bad.example)',
    )
    expect(inline('https://good.example@bad.example')).toBe(
      '[https://good.example@bad.example](https://good.example@bad.example/ bad.example)',
    )
    expect(inline('[mail](mailto:a@b.example)')).toBe('[mail](mailto:a@b.example a@b.example)')
    for (const to of [
      'javascript:alert(1)',
      'data:text/html,x',
      '/c/1',
      'vbscript:x',
      '//x.example',
    ]) {
      unchanged(`[a](${to})`)
    }
    unchanged('[](https://b.example'.slice(0, 4))
  })

  test('are found where an address is typed', () => {
    expect(inline('see https://a.example/x_y_z?b=*c*. (http://b.example)')).toBe(
      'see [https://a.example/x_y_z?b=*c](https://a.example/x_y_z?b=*c)*. ([http://b.example](http://b.example/))',
    )
    expect(inline('**https://a.example** <https://b.example>')).toBe(
      '**[https://a.example](https://a.example/)** [https://b.example](https://b.example/)',
    )
    expect(inline('write to ann.b@mail.example!')).toBe(
      'write to [ann.b@mail.example](mailto:ann.b@mail.example)!',
    )
    for (const text of ['xhttps://', 'http://', 'ftp://a.example', 'www.a.example', 'a@b', 'x:y']) {
      unchanged(text)
    }
  })

  test('hold emphasis and no other link', () => {
    expect(inline('[*a* https://x.example](https://b.example)')).toBe(
      '[*a* https://x.example](https://b.example/ b.example)',
    )
    expect(inline('[[a](https://b.example)](https://c.example)')).toBe(
      '[[a](https://b.example/ b.example)]([https://c.example](https://c.example/))',
    )
  })
})

describe('mentions', () => {
  test('are known people only, as long a name as there is', () => {
    expect(inline('@Bill, @bill. @bill_ me@bill @nobody @all', 'bill', 'all')).toBe(
      '{bill:@Bill}, {bill:@bill}. {bill:@bill}_ me@bill @nobody {all:@all}',
    )
    expect(inline('*@bill*', 'bill')).toBe('*{bill:@bill}*')
    expect(inline('@bill.', 'bill', 'bill.')).toBe('{bill.:@bill.}')
    expect(inline('`@bill`', 'bill')).toBe('`@bill`')
  })
})
