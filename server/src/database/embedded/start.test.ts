import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog as log } from '../../../test/silent-log.ts'
import { startEmbedded, type EmbeddedDatabase } from './start.ts'
import * as processes from './testing/processes.ts'

const { aDirectory, hold, makeClone, query, removeDirectory, serverOf } = processes
const start = (dataDir: string) => startEmbedded({ dataDir, log, name: 'parley test' })
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const patience = { timeout: 20_000, interval: 20 }

let clone: string
let dataDir: string
const open: EmbeddedDatabase[] = []
const opened = async () => {
  const database = await start(dataDir)
  open.push(database)
  return database
}

beforeAll(async () => makeClone((clone = await aDirectory())))
afterAll(() => removeDirectory(clone))
beforeEach(async () => void (dataDir = join(await aDirectory(), 'data')))
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
  await removeDirectory(join(dataDir, '..'))
})

describe('a directory', () => {
  it('keeps what is written from one start to the next', async () => {
    const first = await opened()
    await query(first.connection, 'create table notes as select 1 as id')
    await first.close()
    expect(await serverOf(dataDir)).toBeUndefined()
    const second = await opened()
    expect(await query(second.connection, 'select id from notes')).toEqual([[1]])
  })

  it('is served durably, on a private socket and no port', async () => {
    const { connection } = await opened()
    const settings = await query(
      connection,
      `select name, setting from pg_settings where name in
        ('fsync', 'data_checksums', 'listen_addresses', 'server_encoding') order by name`,
    )
    expect(settings).toEqual([
      ['data_checksums', 'on'],
      ['fsync', 'on'],
      ['listen_addresses', ''],
      ['server_encoding', 'UTF8'],
    ])
    expect((await stat(connection.host)).mode & 0o777).toBe(0o700)
  })

  it('has one server for all who use it, until the last one leaves', async () => {
    const server = await opened()
    const command = await opened()
    const pid = await serverOf(dataDir)
    await command.close()
    expect(await query(server.connection, 'select 1')).toEqual([[1]])
    expect(await serverOf(dataDir)).toBe(pid)
    await server.close()
    expect(await serverOf(dataDir)).toBeUndefined()
  })

  it('is not taken from under a foreign client', async () => {
    const database = await opened()
    const client = query(database.connection, 'select pg_sleep(3)')
    await vi.waitFor(async () => {
      const busy = `select count(*)::int from pg_stat_activity where query like '%pg_sleep(3)'`
      expect(await query(database.connection, busy)).toEqual([[1]])
    }, patience)
    await database.close()
    await client
  })

  it('is created once when several start at the same moment', async () => {
    const holders = await Promise.all([hold(clone, dataDir), hold(clone, dataDir), opened()])
    const hosts = new Set(holders.map((each) => each.connection.host))
    expect(hosts.size).toBe(1)
    for (const each of holders) expect(await query(each.connection, 'select 1')).toEqual([[1]])
    await Promise.all(holders.map((each) => each.close()))
    expect(await serverOf(dataDir)).toBeUndefined()
  })

  it('answers everybody while others come and go', async () => {
    const visit = async () => {
      const database = await start(dataDir)
      expect(await query(database.connection, 'select 1')).toEqual([[1]])
      await database.close()
    }
    const visitor = async () => {
      for (let visits = 0; visits < 6; visits++) await visit()
    }
    await Promise.all([visitor(), visitor(), visitor()])
    expect(await serverOf(dataDir)).toBeUndefined()
  })

  it('is created anew when an earlier creation was cut off', async () => {
    const draft = join(dataDir, '.postgres-abcdef')
    await mkdir(join(draft, 'base'), { recursive: true })
    await utimes(draft, 0, 0)
    const { connection } = await opened()
    expect(await query(connection, 'select 1')).toEqual([[1]])
    expect(await readdir(dataDir)).toEqual(['postgres', 'postgres.log'])
  })
})

describe('the log of the server', () => {
  it('is set aside at the next start once it has grown', async () => {
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'postgres.log'), Buffer.alloc(11 * 1024 * 1024, '\n'))
    await opened()
    expect((await stat(join(dataDir, 'postgres.log'))).size).toBeLessThan(10_000)
    expect((await stat(join(dataDir, 'postgres.old.log'))).size).toBe(11 * 1024 * 1024)
  })
})

describe('after a crash', () => {
  it('the server that lost its Parley is used by the next one', async () => {
    const killed = await hold(clone, dataDir)
    const pid = await serverOf(dataDir)
    killed.process.kill('SIGKILL')
    await once(killed.process, 'exit')
    await opened()
    expect(await serverOf(dataDir)).toBe(pid)
  })

  it('a killed server comes back at the same address with every committed row', async () => {
    const { connection } = await opened()
    await query(connection, 'create table notes as select 1 as id')
    const pid = (await serverOf(dataDir))!
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(async () => {
      expect(await serverOf(dataDir)).not.toBe(pid)
      expect(await query(connection, 'select id from notes')).toEqual([[1]])
    }, patience)
  })

  it('the next start recovers what both left behind', async () => {
    const killed = await hold(clone, dataDir)
    await query(killed.connection, 'create table notes as select 1 as id')
    killed.process.kill('SIGKILL')
    process.kill((await serverOf(dataDir))!, 'SIGKILL')
    const { connection } = await opened()
    expect(await query(connection, 'select id from notes')).toEqual([[1]])
  })

  it('another program that has the number of the old server does not matter', async () => {
    await (await opened()).close()
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    const other = spawn('sleep', ['60'], { uid, gid })
    const pidFile = join(dataDir, 'postgres/postmaster.pid')
    await writeFile(pidFile, `${other.pid}\n/elsewhere\n0\n5432\n/tmp\n\n0 0\nready\n`)
    await chown(pidFile, uid, gid)
    const { connection } = await opened()
    expect(await query(connection, 'select 1')).toEqual([[1]])
    other.kill()
  })
})

describe('a start is refused with a sentence', () => {
  const refusal = async (problem: string, sentence: RegExp) => {
    const error = await start(dataDir).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'EmbeddedDatabaseError', problem })
    expect((error as Error).message).toMatch(sentence)
  }

  it('where another version wrote the directory', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '17\n')
    await refusal('otherVersion', /was written by PostgreSQL 17, and this Parley brings .* 18:/)
  })

  it('where the directory holds something else', async () => {
    await mkdir(join(dataDir, 'postgres/photos'), { recursive: true })
    await refusal('notADataDirectory', /holds files that are not a PostgreSQL database/)
  })

  it("where the directory is another PostgreSQL's own", async () => {
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'PG_VERSION'), '18\n')
    await refusal('notADataDirectory', /set PARLEY_DATA_DIR to a directory of Parley's own/)
  })

  it('where a file stands in its place', async () => {
    await writeFile(dataDir, '')
    await refusal('notWritable', /cannot write its database to .*\/data \(EEXIST\)/)
  })

  it('where a server in another container has the directory', async () => {
    const { connection } = await opened()
    const pidFile = join(dataDir, 'postgres/postmaster.pid')
    const text = await readFile(pidFile, 'utf8')
    await writeFile(pidFile, text.replace(/^\d+/, '4194303'))
    await refusal('elsewhere', /in use by a PostgreSQL that is not visible from here/)
    await writeFile(pidFile, text)
    expect(await query(connection, 'select 1')).toEqual([[1]])
  })

  it('where npm has no PostgreSQL for this machine', async () => {
    const arch = vi.spyOn(process, 'arch', 'get').mockReturnValue('mips')
    await refusal('platformMissing', /set DATABASE_URL to use a PostgreSQL of your own/)
    arch.mockRestore()
  })

  it('where another parley serve has it, and no longer once that one was killed', async () => {
    const server = await hold(clone, dataDir, { claim: true })
    const { pid } = server.process
    await expect(hold(clone, dataDir, { claim: true })).rejects.toThrow(
      `${dataDir} is in use by another parley serve (process ${pid})`,
    )
    server.process.kill('SIGKILL')
    await (await opened()).claim()
  })
})
