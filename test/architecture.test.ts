import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { layers } from '../layers.config.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}docs/ARCHITECTURE.md`, 'utf8')

test('every file that ARCHITECTURE names is there', () => {
  const paths = [...page.matchAll(/`((?:protocol|server|web|test|scripts)\/[\w./-]+)`/g)].map(
    ([, path]) => path!,
  )
  expect(paths.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !existsSync(root + path))).toEqual([])
})

test('every folder of the layer table is in the tree of ARCHITECTURE', () => {
  const tree = page.slice(page.indexOf('```'), page.indexOf('```', page.indexOf('```') + 3))
  for (const folder of Object.keys(layers)) {
    const name = folder.startsWith('server/src/') ? folder.slice('server/src/'.length) : folder
    expect(tree).toContain(`${name}/`)
  }
})
