import { spawn } from 'node:child_process'
import { chown, lstat, mkdir, mkdtemp, open, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import { fileProblem, outputProblem } from './errors.ts'
import type { Owner } from './owner.ts'
import { directoryArgument, environment, type Place } from './place.ts'
import { clearReusedPid, findPostmaster, pollMs } from './postmaster.ts'

const maxLogBytes = 10 * 1024 * 1024
const tellAfterMs = 2_000

/** Another process was first, or what is left of a crashed server is still ending: look again. */
const lookAgain =
  /lock file "[^"]*" (already exists|is empty)|pre-existing shared memory block|could not create lock file|Unix-domain socket/

/**
 * Starts PostgreSQL so that it outlives us and hears no Ctrl-C of our terminal.
 * @returns once it answers; or false, where somebody else may have started it
 */
export async function launch(place: Place, log: Logger): Promise<boolean> {
  const socketDir = await prepareSocketDir(place)
  await clearReusedPid(place.cluster, socketDir)
  const { fd, start, output, close } = await openLog(place)
  try {
    const server = spawn(join(place.native, 'bin/postgres'), serverArguments(place, socketDir), {
      ...place.owner,
      cwd: place.cluster,
      env: environment,
      detached: true,
      stdio: ['ignore', fd, fd],
    })
    server.unref()
    let ended = false
    let killed = false
    server.on('error', () => (ended = true))
    server.on('exit', (code) => {
      ended = true
      killed = code === null
    })
    let tellAt = Date.now() + tellAfterMs
    while (!ended) {
      const found = await findPostmaster(place.cluster)
      if (found?.pid === server.pid && found?.status === 'ready') return true
      if (Date.now() > tellAt) {
        log.info({ log: place.logFile }, 'the database is starting, or recovering from a crash')
        tellAt = Infinity
      }
      await delay(pollMs)
    }
    const said = await output(start)
    if (killed || lookAgain.test(said)) return false
    throw outputProblem('postgres', said, place.dataDir)
  } finally {
    await close()
  }
}

function serverArguments(place: Place, socketDir: string): string[] {
  const settings = {
    listen_addresses: '',
    // The second one is the data directory: see isServedElsewhere.
    unix_socket_directories: `${socketDir},.`,
    unix_socket_permissions: '0700',
    port: '5432',
    cluster_name: 'parley',
    logging_collector: 'off',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', directoryArgument(place, place.cluster), ...flags]
}

/**
 * The name follows from the directory's identity, so whoever starts this database again does so at the
 * address that others already have. Short: a socket's path may have 107 bytes.
 */
async function prepareSocketDir({ cluster, owner }: Place): Promise<string> {
  const { dev, ino } = await stat(cluster)
  const parent = tmpdir().length < 60 ? tmpdir() : '/tmp'
  const path = join(parent, `parley-${dev.toString(36)}-${ino.toString(36)}`)
  const created = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    () => false,
  )
  if (!created && (await isPrivate(path, owner))) return path
  const directory = created ? path : await mkdtemp(join(parent, 'parley-'))
  if (owner) await chown(directory, owner.uid, owner.gid)
  return directory
}

async function isPrivate(path: string, owner: Owner | undefined): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  const uid = owner?.uid ?? process.getuid?.()
  return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0
}

async function openLog({ logFile, owner }: Place) {
  try {
    const size = await stat(logFile).then(
      (found) => found.size,
      () => 0,
    )
    if (size > maxLogBytes) await rename(logFile, logFile.replace(/\.log$/, '.old.log'))
    const handle = await open(logFile, 'a+')
    if (owner) await handle.chown(owner.uid, owner.gid)
    const start = (await handle.stat()).size
    const output = async (from: number) => {
      const length = Math.min((await handle.stat()).size - from, 65_536)
      const { buffer } = await handle.read(Buffer.alloc(Math.max(length, 0)), 0, length, from)
      return buffer.toString()
    }
    return { fd: handle.fd, start, output, close: () => handle.close() }
  } catch (error) {
    throw fileProblem(error, logFile)
  }
}
