import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const compressible = /\.(js|css|svg|json)$/
/** Smaller ones fit into one packet as they are. */
const smallestBytes = 1_024

/** After the build: the service worker with the list of its files, and every file compressed. */
export function offline(root: string): Plugin {
  return {
    name: 'parley:offline',
    apply: 'build',
    closeBundle() {
      const dist = join(root, 'dist')
      const assets = join(dist, 'assets')
      const names = readdirSync(assets).filter((name) => !/\.(br|gz|map)$/.test(name))
      writeFileSync(join(dist, 'sw.js'), workerFor(root, names))
      for (const name of names) if (compressible.test(name)) compress(join(assets, name))
    },
  }
}

function workerFor(root: string, names: readonly string[]): string {
  const worker = readFileSync(join(root, 'src/worker/service-worker.js'), 'utf8')
  // Names hold a hash of what is in them; the page has none.
  const parts = [worker, ...names, readFileSync(join(root, 'dist/index.html'), 'utf8')]
  const version = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
  const files = names.toSorted().map((name) => `/assets/${name}`)
  return worker
    .replace('__VERSION__', version)
    .replace('__FILES__', () => JSON.stringify(files, null, 2))
}

function compress(path: string): void {
  const bytes = readFileSync(path)
  if (bytes.length < smallestBytes) return
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }))
}
