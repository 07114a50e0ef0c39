#!/usr/bin/env node
import { existsSync } from 'node:fs'

// In a clone the bundle follows its sources; an installed package brings it along.
const setup = new URL('../../scripts/setup.js', import.meta.url)
if (existsSync(setup)) {
  const { checkNode, isServerStale } = await import(setup.href)
  checkNode()
  if (isServerStale()) {
    const { buildServer } = await import(new URL('build.js', setup).href)
    await buildServer()
  }
}
await import('../dist/parley.js')
