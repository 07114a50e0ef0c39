import { join } from 'node:path'
import { fork } from 'node:child_process'
import { checkNode, installDependencies, run } from './setup.js'
import { serverBuild } from './build.js'

/** Rebuilds on every change; the server starts anew, the browser loads anew by hand. */
checkNode()
installDependencies()

let server
let stopping = false

function restart() {
  if (stopping) return
  if (server?.exitCode === null) {
    server.once('exit', restart)
    server.kill('SIGTERM')
    return
  }
  server = fork(join(serverBuild.outdir, 'parley.js'), ['serve', ...process.argv.slice(2)])
}

process.on('SIGINT', () => (stopping = true))
const { context } = await import('esbuild')
const restarts = {
  name: 'restarts',
  setup: (build) => build.onEnd(({ errors }) => errors.length === 0 && restart()),
}
const watching = await context({ ...serverBuild, plugins: [...serverBuild.plugins, restarts] })
await watching.watch()
await run('npx', ['vite', 'build', '--watch', '--config', 'web/vite.config.ts', 'web'])
