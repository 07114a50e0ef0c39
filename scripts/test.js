import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildStale, checkNode, installDependencies, root, run, step } from './setup.js'

const namesIn = (directory) => (existsSync(directory) ? readdirSync(directory) : [])

/** The programs that tests start copies of, and Debian's packages of them. */
const programs = {
  chromium: ['/usr/bin/chromium'],
  curl: ['/usr/bin/curl', '/bin/curl'],
  nginx: ['/usr/sbin/nginx', '/usr/bin/nginx'],
  postgresql: namesIn('/usr/lib/postgresql').map(
    (version) => `/usr/lib/postgresql/${version}/bin/postgres`,
  ),
  'redis-server': ['/usr/bin/redis-server'],
}

const bin = (name) => join(root, 'node_modules/.bin', name)
const checks = [
  ['format', bin('oxfmt'), ['--check']],
  ['lint', bin('oxlint'), ['--deny-warnings', '--quiet']],
  [
    'layers',
    bin('depcruise'),
    ['--config', 'layers.config.js', 'protocol/src', 'server/src', 'web/src'],
  ],
  ['unused code and dependencies', bin('knip'), ['--no-progress']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types of the web client', bin('vue-tsc'), ['-p', 'web/tsconfig.json']],
]

function installPrograms() {
  const missing = Object.keys(programs).filter((name) => !programs[name].some(existsSync))
  if (missing.length === 0) return
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (mayInstall) {
    const install = `apt-get update -q && apt-get install -qy --no-install-recommends ${missing.join(' ')}`
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const result = step(`Installing ${missing.join(', ')} (once)`, () =>
      spawnSync('sh', ['-c', install], { encoding: 'utf8', env }),
    )
    if (result.status === 0) return
    console.error(result.stdout, result.stderr)
  }
  console.error(
    `Missing: ${missing.join(', ')}. Install them (Debian: apt-get install ${missing.join(' ')}).`,
  )
  if (process.env.CI) finish(0, missing.length)
  console.error('Tests that need them are skipped.')
}

function finish(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

checkNode()
installDependencies()
installPrograms()

let passed = 0
for (const [name, command, args] of checks) {
  const startMs = Date.now()
  const code = await run(command, args)
  console.log(`${code === 0 ? '✓' : '✗'} ${name}, ${((Date.now() - startMs) / 1_000).toFixed(1)} s`)
  if (code !== 0) finish(passed, 1)
  passed++
}
await buildStale()

const report = join(tmpdir(), `parley-test-report-${process.pid}.json`)
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const code = await run(bin('vitest'), [...args, ...process.argv.slice(2)])
const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
rmSync(report, { force: true })
const failed = results?.numFailedTests || (code === 0 ? 0 : 1)
finish(passed + (results?.numPassedTests ?? 0), failed)
