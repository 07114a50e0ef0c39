import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { freshConnection } from '../../../test/database.ts'
import { silentLog } from '../../../test/silent-log.ts'
import { openDatabase, type Database } from '../database.ts'
import { seedDemo } from '../demo.ts'
import { backup, move, restore } from './transfer.ts'

type Place = Awaited<ReturnType<typeof freshConnection>> & { db: Database }

async function aPlace(): Promise<Place> {
  const connection = await freshConnection()
  const db = openDatabase(connection, { log: silentLog, applicationName: 'parley test' })
  onTestFinished(() => db.close())
  return { ...connection, db }
}

const connectionOf = ({ host, user, database }: Place) => ({ host, user, database })

/** Everything a table can hold: edits, deletions, odd characters, somebody who left. */
async function aFullPlace(): Promise<Place> {
  const place = await aPlace()
  const { db } = place
  await seedDemo(db.pool, 'hash')
  const texts = [
    'plain',
    'tab\t, backslash \\ and \\.',
    '\\.',
    'two\nlines',
    'Tiếng Việt 🙂',
    '\\N',
  ]
  for (const content of [...texts, ...Array.from({ length: 500 }, (_, n) => `message ${n}`)]) {
    const sent = await db.messages.send({
      conversationId: 1,
      userId: 1,
      clientKey: randomUUID(),
      content,
    })
    if (sent.outcome === 'stored' && sent.ordinal % 50 === 3) await db.messages.delete(sent.id, 1)
    if (sent.outcome === 'stored' && sent.ordinal % 50 === 4)
      await db.messages.edit(sent.id, 1, randomUUID(), `${content} edited`)
  }
  await db.members.remove(1, 2, 2)
  return place
}

async function contentsOf({ db }: Place) {
  const page = (await db.changes.after([{ conversationId: 1, after: 0 }], 10_000))[0]!
  const summaries = (await db.conversations.summaries(1, [1])).conversations
  return { changes: page.changes, lastSeq: page.lastSeq, summaries }
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

test('a restored backup holds what was there, goes on counting, and begins a new epoch', async () => {
  const [from, to] = [await aFullPlace(), await aPlace()]
  const path = join(await aFolder(), 'a.backup')
  const heard: number[] = []
  const rows = await backup(connectionOf(from), path, (done) => heard.push(done))
  expect(heard.at(-1)).toBe(rows)
  expect(await restore(connectionOf(to), path, { replace: false }, () => {})).toBe(rows)
  expect(await contentsOf(to)).toEqual(await contentsOf(from))
  expect(await to.db.changes.epoch()).not.toBe(await from.db.changes.epoch())
  const { lastSeq } = await contentsOf(to)
  const sent = await to.db.messages.send({
    conversationId: 1,
    userId: 1,
    clientKey: randomUUID(),
    content: 'on',
  })
  expect(sent).toMatchObject({ outcome: 'stored', seq: lastSeq + 1 })
  expect((await stat(path)).mode & 0o077).toBe(0)
})

test('a database with people in it is replaced only where that was asked for', async () => {
  const [from, to] = [await aFullPlace(), await aFullPlace()]
  const path = join(await aFolder(), 'a.backup')
  await backup(connectionOf(from), path, () => {})
  const before = await contentsOf(to)
  await expect(restore(connectionOf(to), path, { replace: false }, () => {})).rejects.toThrow(
    'not empty',
  )
  expect(await contentsOf(to)).toEqual(before)
  await restore(connectionOf(to), path, { replace: true }, () => {})
  expect(await contentsOf(to)).toEqual(await contentsOf(from))
})

test.each([
  [
    'cut off in the middle',
    (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1),
    'unexpected end',
  ],
  ['that is something else', () => Buffer.from('hello'), 'cannot be read as a backup'],
  ['of another program', () => gzipSync('{"format":"other"}\n'), 'not a backup that Parley wrote'],
  [
    'with a row changed',
    (bytes: Buffer) => edited(bytes, 'message 100', 'message 999'),
    'did not arrive',
  ],
  [
    'with a row missing',
    (bytes: Buffer) => edited(bytes, /.*message 100.*\n/, ''),
    'did not arrive',
  ],
  ['without its end', (bytes: Buffer) => edited(bytes, /\{"sums".*\n/, ''), 'ends in the middle'],
  [
    'of a newer version',
    (bytes: Buffer) => edited(bytes, '"migration":', '"migration":99'),
    'newer Parley',
  ],
])('a backup %s changes nothing, and says what is wrong', async (_what, spoil, sentence) => {
  const [from, to] = [await aFullPlace(), await aFullPlace()]
  const path = join(await aFolder(), 'a.backup')
  await backup(connectionOf(from), path, () => {})
  await writeFile(path, spoil(await readFile(path)))
  const before = await contentsOf(to)
  await expect(restore(connectionOf(to), path, { replace: true }, () => {})).rejects.toThrow(
    sentence,
  )
  expect(await contentsOf(to)).toEqual(before)
})

const edited = (bytes: Buffer, what: string | RegExp, by: string): Buffer =>
  gzipSync(gunzipSync(bytes).toString().replace(what, by))

test('a backup that cannot be finished leaves the earlier file alone', async () => {
  const from = await aFullPlace()
  const folder = await aFolder()
  const path = join(folder, 'a.backup')
  await backup(connectionOf(from), path, () => {})
  await copyFile(path, join(folder, 'kept'))
  const interrupted = backup(connectionOf(from), path, (done) => {
    if (done > 100) throw new Error('interrupted')
  })
  await expect(interrupted).rejects.toThrow('interrupted')
  expect(await readFile(path)).toEqual(await readFile(join(folder, 'kept')))
})

test('messages written while a backup runs are not held up, and not half in it', async () => {
  const [from, to] = [await aFullPlace(), await aPlace()]
  const path = join(await aFolder(), 'a.backup')
  let written = 0
  const writing = async () => {
    for (; written < 50; written++)
      await from.db.messages.send({
        conversationId: 1,
        userId: 1,
        clientKey: randomUUID(),
        content: 'meanwhile',
      })
  }
  await Promise.all([backup(connectionOf(from), path, () => {}), writing()])
  await restore(connectionOf(to), path, { replace: false }, () => {})
  const { changes, lastSeq } = await contentsOf(to)
  expect(changes.map((change) => change.seq)).toEqual(
    Array.from({ length: lastSeq }, (_, n) => n + 1),
  )
})

test('a move copies everything into an empty database and leaves the source as it is', async () => {
  const [from, to] = [await aFullPlace(), await aPlace()]
  const before = await contentsOf(from)
  await move(connectionOf(from), connectionOf(to), () => {})
  expect(await contentsOf(to)).toEqual(before)
  expect(await contentsOf(from)).toEqual(before)
  await expect(move(connectionOf(from), connectionOf(to), () => {})).rejects.toThrow('not empty')
})

test('a move that is interrupted half-way leaves both databases as they were', async () => {
  const [from, to] = [await aFullPlace(), await aPlace()]
  const before = await contentsOf(from)
  const interrupted = move(connectionOf(from), connectionOf(to), (done) => {
    if (done > 300) throw new Error('interrupted')
  })
  await expect(interrupted).rejects.toThrow('interrupted')
  expect(await contentsOf(from)).toEqual(before)
  expect(await to.db.pool.query({ text: 'select from users' })).toHaveLength(0)
})
