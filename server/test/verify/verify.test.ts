import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { aServer, postmasterOf, type ServerProcess } from '../crash/server-process.ts'
import { silentLog } from '../silent-log.ts'
import { verify } from './program.ts'

const verifying = (server: ServerProcess, ...args: string[]) =>
  verify(args, { cwd: server.directory, env: { PORT: new URL(server.url).port } })

const small = ['--seconds', '6', '--rate', '60', '--users', '8', '--conversations', '3']

async function peopleOn(server: ServerProcess): Promise<string[]> {
  const { socketDir } = await postmasterOf(server)
  const db = openDatabase(
    { host: socketDir, user: 'parley', database: 'parley' },
    { log: silentLog, applicationName: 'test' },
  )
  try {
    const rows = await db.pool.query<{ username: string }>({
      text: 'select username from users order by id',
    })
    return rows.map(({ username }) => username)
  } finally {
    await db.close()
  }
}

test('an operator verifies the running server, and nothing of it is left behind', async () => {
  const server = await aServer()
  const { code, stdout, stderr } = await verifying(server, ...small, '--json', 'report.json')
  expect({ code, stdout }).toMatchObject({ code: 0 })
  expect(stdout).toMatch(/lost +0\n/)
  expect(stdout).toContain('Kept: nothing lost, duplicated or out of order.')
  for (const fault of ['connections cut', 'connections silent', 'connections slower'])
    expect(stderr).toContain(fault)
  const report = JSON.parse(await readFile(join(server.directory, 'report.json'), 'utf8'))
  expect(report).toMatchObject({ kept: true, lost: 0, duplicated: 0, outOfOrder: 0, refused: {} })
  expect(report.stored).toBe(report.sent)
  expect(report.resumed).toBeGreaterThan(0)
  expect(report.delivered).toBeGreaterThan(report.stored)
  expect(await peopleOn(server)).toEqual(['john', 'bill'])
})

test('what cannot be verified is said in a sentence', async () => {
  const server = await aServer()
  const other = await aServer()
  const elsewhere = await verifying(server, ...small, '--url', other.url)
  expect(elsewhere.stderr).toMatch(/does not know the database that is configured here/)
  const nowhere = await verifying(server, ...small, '--url', 'http://127.0.0.1:1')
  expect(nowhere.stderr).toMatch(/127\.0\.0\.1:1 does not answer/)
  await server.stop()
  const stopped = await verifying(server, ...small)
  expect(stopped.stderr).toMatch(/No Parley runs on the database that is configured here/)
  expect([elsewhere.code, nowhere.code, stopped.code]).toEqual([1, 1, 1])
  for (const args of [
    ['--users', '1'],
    ['--rate', 'x'],
    ['--url', 'ftp://x'],
    ['--faults', '--url', 'http://x'],
  ])
    expect(await verifying(server, ...args)).toMatchObject({ code: 2 })
  expect(await peopleOn(other)).toEqual(['john', 'bill'])
})
