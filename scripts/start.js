import { buildStale, checkNode, installDependencies } from './setup.js'

checkNode()
installDependencies()
await buildStale()
process.argv.splice(2, 0, 'serve')
await import('../server/dist/parley.js')
