import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { EmbeddedDatabaseError } from './errors.ts'

/**
 * Copies the binaries, once per version, to where the database's user may go: with node_modules below
 * root's home (mode 0700) that user cannot even reach them.
 */
export async function copyOf(
  native: string,
  makeLinks: (native: string) => Promise<unknown>,
): Promise<string> {
  const manifest = await readFile(join(dirname(native), 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const uid = process.getuid?.()
  const lasting = uid === 0 ? '/var/cache/parley' : join(homedir(), '.cache/parley')
  const parents = [lasting, join(tmpdir(), `parley-programs-${uid}`)]
  for (const parent of parents) {
    if (!(await isOurs(parent))) continue
    const target = join(parent, `postgres-${version}`)
    if (!(await lstat(target).catch(() => undefined))) await install(native, target, makeLinks)
    return join(target, 'native')
  }
  throw new EmbeddedDatabaseError(
    'notWritable',
    `PostgreSQL's programs cannot be used in ${native} nor copied to ${parents.join(' or ')}: make one of them writable, or set DATABASE_URL.`,
  )
}

/** What root executes must lie where nobody else could have put it. */
async function isOurs(parent: string): Promise<boolean> {
  const created = await mkdir(parent, { recursive: true }).catch(() => undefined)
  if (created) await chmod(parent, 0o755)
  const found = await lstat(parent).catch(() => undefined)
  const uid = process.getuid?.()
  return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o022) === 0
}

/** Whole or not at all: copied beside, then renamed; of two who copy at once the first one wins. */
async function install(
  native: string,
  target: string,
  makeLinks: (native: string) => Promise<unknown>,
): Promise<void> {
  const draft = await mkdtemp(join(dirname(target), '.draft-'))
  try {
    await chmod(draft, 0o755)
    await copyTree(native, join(draft, 'native'))
    await makeLinks(join(draft, 'native'))
    await rename(draft, target)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const onlyForBuilding = /\.a$|^pkgconfig$|^include$/

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isSymbolicLink() || onlyForBuilding.test(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      await copyTree(source, target)
      continue
    }
    await copyFile(source, target)
    await chmod(target, from.endsWith('bin') ? 0o755 : 0o644)
  }
}
