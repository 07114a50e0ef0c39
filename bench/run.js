import { mkdir, readdir } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { serverBuild } from '../scripts/build.js'
import { root, run } from '../scripts/setup.js'

/** `npm run bench -- fan-out`: bundles one question and runs it; without a name, lists them. */
const [name, ...args] = process.argv.slice(2)
const questions = (await readdir(join(root, 'bench')))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))

if (!questions.includes(name)) {
  console.log(`npm run bench -- NAME, where NAME is one of: ${questions.join(', ')}`)
  process.exit(name === undefined ? 0 : 2)
}

const folder = join(root, 'node_modules/.cache/parley-bench')
await mkdir(folder, { recursive: true })
const outfile = join(folder, `${name}.js`)
const entryPoints = [join(root, `bench/${name}.bench.ts`)]
await build({ ...serverBuild, entryPoints, outfile, outdir: undefined, splitting: false })
console.log(
  `${name}: Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
)
process.exit(await run(process.execPath, ['--expose-gc', outfile, ...args]))
