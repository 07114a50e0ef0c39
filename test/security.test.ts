import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}docs/SECURITY.md`, 'utf8')

test('every test that SECURITY names is there, and every row has one or says why not', () => {
  const rows = [...page.matchAll(/^\| \*\*1?.*\|$/gm)].map(([row]) => row.split(' | '))
  expect(rows.length).toBeGreaterThan(20)
  for (const [what, does, tests] of rows) {
    const paths = [...tests!.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path!)
    if (paths.length === 0) expect(does, what).toMatch(/There (are|is) none|fetches nothing/)
    for (const path of paths) {
      const places = [path, `server/test/${path}`, `server/src/${path}`]
      expect(
        places.some((place) => existsSync(root + place)),
        path,
      ).toBe(true)
    }
  }
  const numbers = [...page.matchAll(/\*\*(\d+)\*\*/g)].map(([, number]) => Number(number))
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 28 }, (_, n) => n + 1))
})
