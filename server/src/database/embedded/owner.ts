import { chown, lchown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EmbeddedDatabaseError } from './errors.ts'

/** Whose rights PostgreSQL runs with. */
export interface Owner {
  uid: number
  gid: number
}

/**
 * PostgreSQL refuses to run as root. Started by root it runs as the owner of the directory it lives in
 * (so that `sudo npm start` and a later `npm start` both work), or as nobody where that is root as well.
 * @returns undefined: as the current user, who is not root
 */
export async function chooseOwner(cluster: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = await stat(cluster).catch(() => undefined)
  if (existing && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  const people = await passwd()
  const { uid } = await nearestOwner(dirname(cluster))
  const person = people.find((each) => each.uid === uid && uid !== 0)
  const owner = person ?? people.find((each) => each.name === 'nobody')
  if (owner) return { uid: owner.uid, gid: owner.gid }
  throw new EmbeddedDatabaseError(
    'noUser',
    'PostgreSQL does not run as root and this system has no user nobody: run Parley as an ordinary user, or set DATABASE_URL.',
  )
}

async function passwd(): Promise<(Owner & { name: string })[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':')
    return uid === '' ? [] : [{ name, uid: Number(uid), gid: Number(gid) }]
  })
}

/** Who owns the path, or what is there of the path. */
export async function nearestOwner(path: string): Promise<Owner> {
  const found = await stat(path).catch(() => undefined)
  return found ?? nearestOwner(dirname(path))
}

/** A cluster that root restored from a copy belongs to root; PostgreSQL wants it to be its user's. */
export async function giveTo(owner: Owner | undefined, cluster: string): Promise<void> {
  if (!owner || (await stat(cluster)).uid === owner.uid) return
  for (const entry of await readdir(cluster, { recursive: true }))
    await lchown(join(cluster, entry), owner.uid, owner.gid)
  await chown(cluster, owner.uid, owner.gid)
}
