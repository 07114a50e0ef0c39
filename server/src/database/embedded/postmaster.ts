import { open, readFile, stat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** What `postmaster.pid` says of the server process of a directory. */
export interface Postmaster {
  pid: number
  socketDir: string
  status: 'starting' | 'ready' | 'stopping'
}

const socketName = '.s.PGSQL.5432'
export const pollMs = 10

/** @returns the server process that runs this directory, undefined where none does */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const said = await readPidFile(cluster)
  return said && (await isServing(said.pid, cluster)) ? said : undefined
}

async function readPidFile(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!(pid > 0)) return undefined
  const status = lines[7] === 'ready' || lines[7] === 'stopping' ? lines[7] : 'starting'
  return { pid, socketDir: lines[4] ?? '', status }
}

/** After a crash or a restart of the machine the same number may be another process. */
async function isServing(pid: number, cluster: string): Promise<boolean> {
  if (!exists(pid)) return false
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined)
  if (name === undefined) return exists(pid)
  if (name.trim() !== 'postgres') return false
  try {
    const [there, here] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(cluster)])
    return there.dev === here.dev && there.ino === here.ino
  } catch (error) {
    // A zombie stands nowhere; what may not be looked at is taken for the server.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * PostgreSQL tells a stale `postmaster.pid` by its process being gone, and refuses to start where
 * something else of the same user has that number now. Call it only where `findPostmaster` found none.
 */
export async function clearReusedPid(cluster: string, socketDir: string): Promise<void> {
  const said = await readPidFile(cluster)
  if (!said || !exists(said.pid) || (await isServing(said.pid, cluster))) return
  const locks = [cluster, socketDir].map((directory) => join(directory, `${socketName}.lock`))
  for (const path of [...locks, join(cluster, 'postmaster.pid')])
    await unlink(path).catch(() => undefined)
}

/**
 * A server in another container shares neither process numbers nor /tmp with us, so it looks dead, and a
 * second one on its files would destroy them. It also listens inside the directory: that tells.
 */
export async function isServedElsewhere(cluster: string): Promise<boolean> {
  if (process.platform !== 'linux' || !(await readPidFile(cluster))) return false
  const handle = await open(cluster)
  try {
    return await new Promise((resolve) => {
      // The path through the descriptor fits into the 107 bytes of a socket address.
      const socket = connect(`/proc/self/fd/${handle.fd}/${socketName}`)
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  } finally {
    await handle.close()
  }
}

const smartMs = 5_000
const fastMs = 30_000

/**
 * Lets those who are connected finish for 5 s, then cuts them off; no committed row is lost either way.
 * @param onRefusing called once the server takes no further connections and its file says so
 */
export async function stopPostmaster(
  pid: number,
  cluster: string,
  onRefusing: () => Promise<void>,
): Promise<boolean> {
  const isServer = async () => {
    const found = await findPostmaster(cluster)
    return found?.pid === pid ? found : undefined
  }
  if (exists(pid)) process.kill(pid, 'SIGTERM')
  await becomes(async () => (await isServer())?.status !== 'ready', smartMs)
  await onRefusing().catch(() => undefined)
  const isGone = async () => !(await isServer())
  if (await becomes(isGone, smartMs)) return true
  if (exists(pid)) process.kill(pid, 'SIGINT')
  return becomes(isGone, fastMs)
}

async function becomes(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > end) return false
    await delay(pollMs)
  }
  return true
}
