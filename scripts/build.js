import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkNode, root } from './setup.js'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const outdir = join(root, 'server/dist')

/** The server and its commands; npm packages stay outside. */
export const serverBuild = {
  entryPoints: [join(root, 'server/src/cli/parley.ts')],
  outdir,
  // One chunk per command: most need neither the server nor its libraries.
  splitting: true,
  metafile: true,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  loader: { '.sql': 'text' },
  define: { PARLEY_VERSION: JSON.stringify(version) },
  plugins: [
    {
      name: 'packages-stay-outside',
      setup(build) {
        build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
          kind === 'entry-point' || path.startsWith('@parley/')
            ? undefined
            : { path, external: true },
        )
      },
    },
  ],
  logLevel: 'warning',
}

export async function buildServer() {
  const { build } = await import('esbuild')
  const { metafile } = await build(serverBuild)
  const built = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const name of readdirSync(outdir)) if (!built.has(name)) rmSync(join(outdir, name))
}

export async function buildWeb() {
  const { build } = await import('vite')
  await build({
    configFile: join(root, 'web/vite.config.ts'),
    root: join(root, 'web'),
    logLevel: 'warn',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  checkNode()
  await buildServer()
  await buildWeb()
}
