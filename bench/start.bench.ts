import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * From the start of the process to the first answered page, of a checkout that is built and set up:
 * Parley with its own PostgreSQL, in turn with a bare Fastify that answers one page.
 */
const rounds = Number(process.env.ROUNDS ?? 7)
const root = resolve(import.meta.dirname, '../../..')

/** The server's own copy. */
const library = 'fastify'
const serverRequire = createRequire(join(root, 'server/package.json'))

const bareServer = `import fastify from '${serverRequire.resolve(library)}'
const app = fastify()
app.get('/login', async (request, reply) => reply.type('text/html').send('<h1>Sign in</h1>'))
console.log('at ' + (await app.listen({ port: 0, host: '127.0.0.1' })))`

/** Resolves with the milliseconds until the page was there; the process has ended then. */
async function start(args: string[], cwd: string): Promise<number> {
  const startMs = performance.now()
  const env = { ...process.env, PORT: '0', PARLEY_GATEWAY_PORT: 'off' }
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((found, failed) => {
    let output = ''
    child.once('exit', () => failed(new Error(`it ended: ${output}`)))
    child.stdout.on('data', (chunk) => {
      output += chunk
      const address = /at (http:\S+)/.exec(output)?.[1]
      if (address) found(address)
    })
  })
  const response = await fetch(`${url}/login`)
  if (response.status !== 200) throw new Error(`the page was answered with ${response.status}`)
  await response.text()
  const tookMs = performance.now() - startMs
  child.kill('SIGTERM')
  await once(child, 'exit')
  return tookMs
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'))
try {
  const bare = join(folder, 'bare.mjs')
  await writeFile(bare, bareServer)
  const parley = join(root, 'server/bin/parley.js')
  const first = await start([parley, 'serve'], folder)
  const times = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await start([bare], folder))
    times.ours.push(await start([parley, 'serve'], folder))
  }
  const [ours, baseline] = [median(times.ours), median(times.bare)]
  const range = `${Math.min(...times.ours).toFixed(0)} to ${Math.max(...times.ours).toFixed(0)}`
  console.log(`start to first answered page, medians of ${rounds} starts in turn`)
  console.log(`  bare Fastify               ${baseline.toFixed(0)} ms`)
  console.log(`  parley and its PostgreSQL  ${ours.toFixed(0)} ms (${range})`)
  console.log(
    `  ratio ${(ours / baseline).toFixed(1)}; the first start, which creates the database: ${first.toFixed(0)} ms`,
  )
} finally {
  await rm(folder, { recursive: true, maxRetries: 10, retryDelay: 50 })
}
