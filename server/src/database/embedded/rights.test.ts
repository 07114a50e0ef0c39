import { chmod, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mayMount, mountSmallDisk, type SmallDisk } from '../../../test/small-disk.ts'
import {
  aDirectory,
  hold,
  makeClone,
  query,
  removeDirectory,
  serverOf,
} from './testing/processes.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const isRoot = process.getuid?.() === 0
const nobody = 65_534
/** Any two ordinary users that every Linux has. */
const [anna, ben] = [
  { uid: 1, gid: 1 },
  { uid: 2, gid: 2 },
]

let clone: string
const uidOf = async (pid: number | undefined) =>
  Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(/^Uid:\s+(\d+)/m)?.[1])

afterEach(() => removeDirectory(clone))

describe.skipIf(!isRoot)('started by root (only root can test it)', () => {
  beforeEach(async () => makeClone((clone = await aDirectory(homedir()))))

  it("runs as nobody, though clone and data lie in root's closed home", async () => {
    const holder = await hold(clone, join(clone, 'data'))
    expect(await uidOf(await serverOf(join(clone, 'data')))).toBe(nobody)
    expect(await query(holder.connection, 'select 1')).toEqual([[1]])
    await holder.close()
    expect((await stat(clone)).mode & 0o777).toBe(0o700)
  })

  it('takes a copy that root restored', async () => {
    const data = join(clone, 'data')
    const first = await hold(clone, data)
    await query(first.connection, 'create table notes as select 1 as id')
    await first.close()
    execFileSync('cp', ['-r', data, join(clone, 'copy')])
    await rm(data, { recursive: true })
    execFileSync('mv', [join(clone, 'copy'), data])
    const second = await hold(clone, data)
    expect(await query(second.connection, 'select id from notes')).toEqual([[1]])
    await second.close()
  })
})

describe.skipIf(!isRoot)('in the directory of an ordinary user (only root can test it)', () => {
  beforeEach(async () => {
    await makeClone((clone = await aDirectory()))
    execFileSync('chown', ['-R', `${anna.uid}:${anna.gid}`, clone])
  })

  it('works for the user', async () => {
    const data = join(clone, 'data')
    const holder = await hold(clone, data, anna)
    expect(await uidOf(await serverOf(data))).toBe(anna.uid)
    expect(await query(holder.connection, 'select 1')).toEqual([[1]])
    await holder.close()
  })

  it('started by root it runs as that user, who can start it later', async () => {
    const data = join(clone, 'data')
    const root = await hold(clone, data)
    expect(await uidOf(await serverOf(data))).toBe(anna.uid)
    await root.close()
    const holder = await hold(clone, data, anna)
    expect(await query(holder.connection, 'select 1')).toEqual([[1]])
    await holder.close()
  })

  it('tells another user that it is not theirs', async () => {
    await chmod(clone, 0o755)
    const data = join(clone, 'data')
    await (await hold(clone, data, anna)).close()
    await expect(hold(clone, data, ben)).rejects.toThrow(/cannot write its database to .*EACCES/)
    await expect(hold(clone, join(clone, 'other'), ben)).rejects.toThrow(/cannot write .*EACCES/)
  })
})

describe.skipIf(!mayMount())('on a full disk (needs a mount)', () => {
  let disk: SmallDisk
  beforeEach(async () => {
    await makeClone((clone = await aDirectory()))
    await mkdir(join(clone, 'disk'))
    disk = mountSmallDisk(join(clone, 'disk'), 60)
  })
  afterEach(() => disk.unmount())

  it('says so and works once there is space', async () => {
    const filler = await disk.fill(10)
    const data = join(clone, 'disk/data')
    await expect(hold(clone, data)).rejects.toThrow(/The disk that holds .* is full: free some/)
    await rm(filler)
    await (await hold(clone, data)).close()
  })
})
