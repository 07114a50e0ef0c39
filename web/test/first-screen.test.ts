import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../dist/${path}`, import.meta.url))

/** What the page names, and what that imports before anything is shown. */
function loadedBy(names: readonly string[], loaded = new Set<string>()): Set<string> {
  for (const name of names) {
    if (loaded.has(name)) continue
    loaded.add(name)
    const imports = read(`assets/${name}`)
      .toString()
      .matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)
    loadedBy(
      Array.from(imports, ([, imported]) => imported!),
      loaded,
    )
  }
  return loaded
}

const mostBytes = 120_000

test('the JavaScript of the first screen is at most 120 KB', () => {
  const scripts = read('index.html')
    .toString()
    .matchAll(/\/assets\/([^"]+\.js)"/g)
  const loaded = loadedBy(Array.from(scripts, ([, name]) => name!))
  const bytes = [...loaded].map((name) => gzipSync(read(`assets/${name}`), { level: 9 }).length)
  expect(loaded.size).toBeGreaterThan(0)
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(mostBytes)
})
