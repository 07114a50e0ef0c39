import { spawn } from 'node:child_process'
import { chown, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../logger.ts'
import { majorVersion } from './binaries.ts'
import { EmbeddedDatabaseError, fileProblem, outputProblem } from './errors.ts'
import { giveTo } from './owner.ts'
import { directoryArgument, environment, type Place } from './place.ts'

/** Makes sure that the directory is one of ours and of our version; creates it where there is none. */
export async function ensureCluster(place: Place, log: Logger): Promise<void> {
  const { cluster } = place
  try {
    const version = await versionOf(cluster)
    if (version === undefined) await create(place, log)
    else if (version !== majorVersion)
      throw new EmbeddedDatabaseError(
        'otherVersion',
        `${cluster} was written by PostgreSQL ${version}, and this Parley brings PostgreSQL ${majorVersion}: run the Parley that wrote it, or set PARLEY_DATA_DIR to a new directory.`,
      )
    await giveTo(place.owner, cluster)
  } catch (error) {
    throw fileProblem(error, cluster)
  }
}

async function versionOf(cluster: string): Promise<number | undefined> {
  const absent = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(absent)
  if (version !== undefined) return Number(version)
  const entries = await readdir(cluster).catch(absent)
  if (!entries?.length) return undefined
  throw new EmbeddedDatabaseError(
    'notADataDirectory',
    `${cluster} holds files that are not a PostgreSQL database: move them away, or set PARLEY_DATA_DIR to another directory.`,
  )
}

/** Whole or not at all: made beside, then renamed. Of two who do so at once the first one wins. */
async function create(place: Place, log: Logger): Promise<void> {
  const { cluster, dataDir, owner } = place
  log.info({ directory: cluster }, 'creating the database')
  await removeAbandoned(dataDir)
  const draft = await mkdtemp(join(dataDir, draftPrefix))
  try {
    if (owner) await chown(draft, owner.uid, owner.gid)
    await initdb(place, draft)
    await rename(draft, cluster)
    await persistNames(dataDir)
  } catch (error) {
    if ((await versionOf(cluster)) === undefined) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const draftPrefix = '.postgres-'
const abandonedAfterMs = 600_000

async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(draftPrefix)) continue
    const draft = join(dataDir, name)
    const found = await stat(draft).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > abandonedAfterMs)
      await rm(draft, { recursive: true, force: true })
  }
}

async function persistNames(directory: string): Promise<void> {
  const handle = await open(directory)
  await handle.sync().finally(() => handle.close())
}

/** A start for a small machine; an administrator may change them in postgresql.conf. */
const settings = {
  max_connections: '60',
  shared_buffers: '128MB',
  max_wal_size: '512MB',
  io_workers: '1',
  max_parallel_workers_per_gather: '0',
  random_page_cost: '1.1',
  jit: 'off',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  // Statements hold what people wrote to each other.
  log_min_error_statement: 'panic',
}

function initdb(place: Place, directory: string): Promise<void> {
  const ctype = process.platform === 'darwin' ? 'UTF-8' : 'C.UTF-8'
  const locale = ['--locale=C', `--lc-ctype=${ctype}`, '--locale-provider=builtin']
  const args = [
    ...['-D', directoryArgument(place, directory), '--username=parley', '--auth=trust'],
    ...['--encoding=UTF8', ...locale, '--builtin-locale=C.UTF-8', '--no-instructions'],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  return new Promise((resolve, reject) => {
    let output = ''
    const program = spawn(join(place.native, 'bin/initdb'), args, {
      ...place.owner,
      cwd: directory,
      env: environment,
      // Finishes what it began when Ctrl-C ends us.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    program.stderr.on('data', (chunk) => (output += chunk))
    program.on('error', reject)
    program.on('close', (code) =>
      code === 0 ? resolve() : reject(outputProblem('initdb', output, place.dataDir)),
    )
  })
}
