import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../server/src', import.meta.url))

/** What is expected is a Refusal; everything else is a bug, and says so. */
test.each(['api', 'chat', 'gateway'])('in %s a new Error is one that cannot happen', (folder) => {
  const paths = readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
  const files = paths.filter((path) => path.endsWith('.ts') && !/\.test\.ts$|testing/.test(path))
  expect(files.length).toBeGreaterThan(5)
  const others = files.flatMap((path) => {
    const text = readFileSync(join(source, folder, path), 'utf8')
    const made = text.match(/new Error\(\s*.{0,20}/g) ?? []
    return made
      .filter((each) => !/\(\s*['"`]cannot happen: /.test(each))
      .map((each) => `${path}: ${each}`)
  })
  expect(others).toEqual([])
})
