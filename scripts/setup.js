import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a fresh clone needs before anything else runs. Uses nothing but Node itself. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const minimum = [20, 19]

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return
  console.error(
    `Parley needs Node.js ${minimum.join('.')} or later; this is ${process.versions.node}.`,
  )
  process.exit(1)
}

/** Says what it does only while it takes time. */
export function step(text, work) {
  const startMs = Date.now()
  process.stdout.write(`${text} … `)
  const result = work()
  process.stdout.write(`${((Date.now() - startMs) / 1_000).toFixed(1)} s\n`)
  return result
}

const mtimeMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

export function installDependencies() {
  const lock = join(root, 'package-lock.json')
  const installed = join(root, 'node_modules/.package-lock.json')
  if (mtimeMs(installed) >= mtimeMs(lock)) return
  step('Installing dependencies (once)', () => {
    const result = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    if (result.status === 0) return
    process.stderr.write(`\n${result.stdout}${result.stderr}`)
    process.exit(result.status ?? 1)
  })
}

function npm(args) {
  const windows = process.platform === 'win32'
  return spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: windows,
  })
}

/** When the newest file below these paths was changed, in ms since 1970. */
function newestMs(paths) {
  let newest = 0
  for (const path of paths.filter(existsSync)) {
    const stats = statSync(path)
    newest = Math.max(newest, stats.isDirectory() ? 0 : stats.mtimeMs)
    if (!stats.isDirectory()) continue
    for (const name of readdirSync(path))
      if (name !== 'node_modules' && name !== 'dist')
        newest = Math.max(newest, newestMs([join(path, name)]))
  }
  return newest
}

const within = (paths) => paths.map((path) => join(root, path))
const shared = ['package-lock.json', 'protocol/src', 'scripts']

export const isServerStale = () =>
  newestMs(within([...shared, 'server/src', 'server/package.json'])) >
  mtimeMs(join(root, 'server/dist/parley.js'))

export const isWebStale = () =>
  newestMs(
    within([
      ...[...shared, 'web/src', 'web/index.html', 'web/sign-in.html'],
      ...['web/vite.config.ts', 'web/vite-offline.ts'],
    ]),
  ) > mtimeMs(join(root, 'web/dist/index.html'))

/** Builds what is older than its sources. */
export async function buildStale() {
  const { buildServer, buildWeb } = await import('./build.js')
  if (isServerStale()) await buildServer()
  if (isWebStale()) {
    const startMs = Date.now()
    process.stdout.write('Building the web client … ')
    await buildWeb()
    process.stdout.write(`${((Date.now() - startMs) / 1_000).toFixed(1)} s\n`)
  }
}

/** Runs a program with our terminal; resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    child.once('error', (error) => {
      console.error(error.message)
      resolve(127)
    })
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}
