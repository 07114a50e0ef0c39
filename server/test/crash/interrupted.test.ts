import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'
import { openPool, type Pool } from '../../src/database/pool.ts'
import { until } from '../app.ts'
import { freshConnection } from '../database.ts'
import { aServer, postmasterOf, type ServerProcess } from './server-process.ts'

const program = fileURLToPath(new URL('../../dist/parley.js', import.meta.url))

/** On a busy machine. */
const slowMs = 300_000

/** A command beside a running server, on the server's database. */
function parley({ directory }: ServerProcess, ...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: bareEnvironment(),
  })
  let errors = ''
  child.stdout!.resume()
  child.stderr!.on('data', (chunk) => (errors += chunk))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, errors }))
  return { child, ended }
}

const poolOf = (connection: object): Pool =>
  openPool({ ...connection, max: 1, applicationName: 'parley test', onError() {} })

async function ownDatabase(server: ServerProcess) {
  const { socketDir: host } = await postmasterOf(server)
  return { host, user: 'parley', database: 'parley' }
}

/** What the tables hold, in few words. */
async function contents(connection: object) {
  const pool = poolOf(connection)
  try {
    return await pool.query({
      text: `select (select value from epoch) as epoch, (select count(*) from users) as users,
        (select count(*) from lines) as lines, (select sum(last_seq) from lines) as seqs,
        (select count(*) from chat_messages) as messages,
        (select md5(string_agg(content, ',' order by id)) from chat_messages) as contents`,
    })
  } finally {
    await pool.close()
  }
}

/** Resolves while the last large table is being written into this database. */
async function copyingInto(connection: { database: string }): Promise<void> {
  const pool = poolOf(connection)
  await until('rows are copied in', async () => {
    const rows = await pool.query({
      text: `select from pg_stat_progress_copy where datname = $1 and command = 'COPY FROM'
        and relid = 'chat_messages'::regclass and tuples_processed > 1000`,
      values: [connection.database],
    })
    return rows.length > 0
  })
  await pool.close()
}

/** A server with messages in its own database, a backup of them, and one more message since. */
async function aServerWithBackup() {
  const server = await aServer({ LOG_LEVEL: 'error' })
  const seed = ['seed', '--users', '20', '--conversations', '5', '--messages', '60000']
  expect(await parley(server, ...seed).ended).toMatchObject({ code: 0 })
  const backup = join(server.directory, 'a.backup')
  expect(await parley(server, 'backup', backup).ended).toMatchObject({ code: 0 })
  const seedMore = ['seed', '--users', '2', '--conversations', '1', '--messages', '100']
  expect(await parley(server, ...seedMore).ended).toMatchObject({ code: 0 })
  return { server, backup, own: await ownDatabase(server) }
}

/** After the warnings of the log. */
const wentAway =
  /^({.*}\n)*The database went away in the middle: nothing was changed. Run the command again.\n$/

test(
  'a restore that is killed half-way, or whose database is, leaves everything as it was, and works afterwards',
  async () => {
    const { server, backup, own } = await aServerWithBackup()
    const before = await contents(own)

    const killed = parley(server, 'restore', '--replace', backup)
    await copyingInto(own)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(await contents(own)).toEqual(before)

    const cutOff = parley(server, 'restore', '--replace', backup)
    await copyingInto(own)
    process.kill((await postmasterOf(server)).pid, 'SIGKILL')
    expect(await cutOff.ended).toEqual({ code: 1, errors: expect.stringMatching(wentAway) })
    await until(
      'the server answers again',
      async () => {
        const answer = await fetch(`${server.url}/login`).catch(() => undefined)
        return (
          answer?.status === 200 &&
          (await ownDatabase(server)
            .then(contents)
            .catch(() => undefined)) !== undefined
        )
      },
      60_000,
    )
    expect(await contents(await ownDatabase(server))).toEqual(before)

    const whole = await parley(server, 'restore', '--replace', backup).ended
    expect(whole).toEqual({ code: 0, errors: '' })
    const [after] = await contents(await ownDatabase(server))
    expect(after).toMatchObject({ messages: 60_000 })
  },
  slowMs,
)

test(
  'a move that is killed half-way leaves the target empty and the source as it was, and works afterwards',
  async () => {
    const { server, own } = await aServerWithBackup()
    const before = await contents(own)
    await server.stop()
    const target = await freshConnection()
    const url = `postgres://${target.user}@/${target.database}?host=${encodeURIComponent(target.host)}`

    const killed = parley(server, 'move', '--to', url)
    await copyingInto(target)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(await contents(target)).toMatchObject([{ users: 0, messages: 0 }])

    const cutOff = parley(server, 'move', '--to', url)
    await copyingInto(target)
    process.kill((await postmasterOf(server)).pid, 'SIGKILL')
    expect(await cutOff.ended).toEqual({ code: 1, errors: expect.stringMatching(wentAway) })
    expect(await contents(target)).toMatchObject([{ users: 0, messages: 0 }])

    expect(await parley(server, 'move', '--to', url).ended).toEqual({ code: 0, errors: '' })
    const [{ epoch: _, ...moved }] = (await contents(target)) as [{ epoch: string }]
    expect(before).toMatchObject([moved])
  },
  slowMs,
)
