import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { aConversation, aUser, testDatabase } from '../../test/database.ts'
import type { Database } from './database.ts'

const send = (
  db: Database,
  conversationId: number,
  userId: number,
  content = 'hi',
  key = randomUUID(),
) => db.messages.send({ conversationId, userId, content, clientKey: key })

async function lineOf(db: Database, conversationId: number) {
  const stretch = (await db.changes.after([{ conversationId, after: 0 }], 100_000))[0]!
  return { seqs: stretch.changes.map((change) => change.seq), ...stretch }
}

test('fifty senders with retries, edits and deletions leave a line from 1 to n without holes', async () => {
  const db = await testDatabase()
  const users = await Promise.all(Array.from({ length: 50 }, (_, n) => aUser(db, `user${n}`)))
  const room = await aConversation(
    db,
    users.map((user) => user.id),
  )
  const keys = new Set<string>()

  await Promise.all(
    users.map(async (user, n) => {
      for (let i = 0; i < 20; i++) {
        const key = randomUUID()
        keys.add(key)
        const [first, again] = await Promise.all([
          send(db, room, user.id, `${n}/${i}`, key),
          send(db, room, user.id, `${n}/${i}`, key),
        ])
        const id = 'id' in first ? first.id : 0
        expect('id' in again && again.id).toBe(id)
        if (i % 4 === 1) await db.messages.edit(id, user.id, randomUUID(), `${n}/${i} edited`)
        if (i % 4 === 2) await db.messages.delete(id, user.id)
        if (i % 10 === 3) await db.members.remove(room, user.id, user.id)
        if (i % 10 === 3) await db.members.add(room, user.id, user.id, 'member')
      }
    }),
  )

  const { seqs, lastSeq, changes } = await lineOf(db, room)
  expect(seqs).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1))
  const created = changes.flatMap((change) => (change.type === 'message.created' ? [change] : []))
  expect(created.map((change) => change.message.ordinal)).toEqual(
    created.map((_, index) => index + 1),
  )
  expect(new Set(created.map((change) => change.message.clientKey))).toEqual(keys)
  expect(created).toHaveLength(1_000)
})

test('a key used for another text or another conversation is a conflict, for that row alone', async () => {
  const db = await testDatabase()
  const john = await aUser(db, 'john')
  const [room, other] = [await aConversation(db, [john.id]), await aConversation(db, [john.id])]
  const stranger = await aUser(db, 'stranger')
  const key = randomUUID()
  expect((await send(db, room, john.id, 'one', key)).outcome).toBe('stored')
  const outcomes = await Promise.all(
    [
      send(db, room, john.id, 'one', key),
      send(db, room, john.id, 'two', key),
      send(db, other, john.id, 'one', key),
      send(db, room, stranger.id, 'let me in'),
      send(db, room, john.id, 'a NUL \0 in it'),
      send(db, room, john.id, 'fine'),
    ].map((sent) =>
      sent.then(
        ({ outcome }) => outcome,
        (error: Error) => error.message,
      ),
    ),
  )
  expect(outcomes).toEqual(['known', 'conflict', 'conflict', 'refused', 'invalid input', 'stored'])
})

test('a key is kept for the row of a batch whose author may write, whatever else it was used for', async () => {
  const db = await testDatabase()
  const [john, bill] = [await aUser(db, 'john'), await aUser(db, 'bill')]
  const room = await aConversation(db, [john.id])
  // Every second conversation has the same writer.
  await aConversation(db, [bill.id])
  const foreign = await aConversation(db, [bill.id])
  const key = randomUUID()
  const warmUp = send(db, room, john.id, 'first')
  const [refused, stored] = await Promise.all([
    send(db, foreign, john.id, 'hi', key),
    send(db, room, john.id, 'hi', key),
    warmUp,
  ])
  expect([refused.outcome, stored.outcome]).toEqual(['conflict', 'stored'])
})

test('an edit that is repeated after a later edit does not revert it', async () => {
  const db = await testDatabase()
  const john = await aUser(db, 'john')
  const room = await aConversation(db, [john.id])
  const sent = await send(db, room, john.id, 'draft')
  const id = 'id' in sent ? sent.id : 0
  const key = randomUUID()
  expect((await db.messages.edit(id, john.id, key, 'second')).outcome).toBe('stored')
  expect((await db.messages.edit(id, john.id, randomUUID(), 'third')).outcome).toBe('stored')
  expect((await db.messages.edit(id, john.id, key, 'second')).outcome).toBe('known')
  expect((await db.messages.edit(id, john.id, randomUUID(), 'third')).outcome).toBe('unchanged')
  expect((await db.messages.find(id))?.content).toBe('third')
})

test('an edit under a key that brought another text is a conflict, as long as anybody knows the text', async () => {
  const db = await testDatabase()
  const john = await aUser(db, 'john')
  const room = await aConversation(db, [john.id])
  const sent = await send(db, room, john.id, 'draft')
  const id = 'id' in sent ? sent.id : 0
  const [key, later] = [randomUUID(), randomUUID()]
  const edit = async (content: string, under: string) =>
    (await db.messages.edit(id, john.id, under, content)).outcome
  expect([await edit('second', key), await edit('other', key)]).toEqual(['stored', 'conflict'])
  expect([await edit('third', later), await edit('second', later)]).toEqual(['stored', 'conflict'])
  expect([await edit('second', key), await edit('third', key)]).toEqual(['known', 'conflict'])
  expect((await db.messages.find(id))?.content).toBe('third')
  await db.messages.delete(id, john.id)
  expect([await edit('second', key), await edit('other', key)]).toEqual(['known', 'known'])
})

test('a key that opened a conversation opens no other one', async () => {
  const db = await testDatabase()
  const [john, bill, carol] = [
    await aUser(db, 'john'),
    await aUser(db, 'bill'),
    await aUser(db, 'carol'),
  ]
  const wanted = { name: 'Plans', kind: 'public' as const, clientKey: randomUUID() }
  const memberIds = [john.id, bill.id, carol.id]
  const first = await db.conversations.create({ ...wanted, memberIds })
  expect(first.outcome).toBe('stored')
  await db.members.remove(first.id, bill.id, john.id)
  const repeated = async (other: object) =>
    (await db.conversations.create({ ...wanted, memberIds, ...other })).outcome
  expect(await repeated({ memberIds: [john.id, carol.id, bill.id] })).toBe('known')
  for (const other of [
    ...[{ name: 'Plots' }, { kind: 'private' }, { memberIds: [john.id] }],
    ...[
      { memberIds: [john.id, carol.id] },
      { memberIds: [...memberIds, (await aUser(db, 'dora')).id] },
    ],
  ])
    expect(await repeated(other), JSON.stringify(other)).toBe('conflict')
  await db.conversations.change(first.id, john.id, { name: 'Plots' })
  expect(await repeated({})).toBe('known')
})

test('unread counts what others wrote after the read position and was not deleted', async () => {
  const db = await testDatabase()
  const [john, bill] = [await aUser(db, 'john'), await aUser(db, 'bill')]
  const room = await aConversation(db, [john.id, bill.id])
  const unread = async () =>
    (await db.conversations.summaries(bill.id, [room])).conversations[0]!.unread
  const unreadAfter = async (read: number) =>
    (await db.reads.move([{ conversationId: room, userId: bill.id, read, delivered: 0 }]))[0]!
      .unread
  const ids = []
  for (let i = 0; i < 5; i++) {
    const sent = await send(db, room, john.id, `m${i}`)
    if (sent.outcome === 'stored') ids.push(sent)
  }
  expect(await unread()).toBe(5)
  await db.messages.delete(ids[3]!.id, john.id)
  expect(await unread()).toBe(4)
  expect(await unreadAfter(ids[1]!.seq)).toBe(2)
  expect(await unreadAfter(1)).toBe(2)
  await send(db, room, bill.id, 'reply')
  expect(await unread()).toBe(0)
})
