import { randomUUID } from 'node:crypto'
import type { Conversation, Message } from '@parley/protocol/resources'
import { expect, test } from 'vitest'
import { startApp, until, type TestApp } from '../app.ts'
import { aConversation, aUser } from '../database.ts'
import { aToken, tokenSecret } from '../tokens.ts'
import { openWire } from '../wire.ts'

const [john, bill] = [1, 2]

let lastId = 1

/** One person's device, with what it was told. */
async function aDevice(app: TestApp, user: number) {
  const wire = await openWire(app.gatewayUrl)
  await wire.connect({ token: aToken({ sub: String(user) }) })
  const ask = (method: string, data: object) => wire.ask({ id: ++lastId, rpc: { method, data } })
  const call = async (method: string, data: object): Promise<any> => {
    const answer = await ask(method, data)
    if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`)
    return answer.rpc.data
  }
  const changes = (id = 1): any[] =>
    wire.publications(`conversation:${id}`).map(({ data }: any) => data)
  const send = async (content: string, fields: object = {}): Promise<Message> => {
    const input = { conversationId: 1, content, clientKey: randomUUID(), ...fields }
    return (await call('messages.send', input)).message
  }
  const conversation = async (id = 1): Promise<Conversation> =>
    (await call('conversations.get', { id })).conversation
  const refusal = async (method: string, data: object) => (await ask(method, data)).error
  const notices = (type: string): any[] =>
    [...wire.state(`user:${user}`), ...wire.publications(`user:${user}`)]
      .map(({ data }) => data)
      .filter((data) => data.type === type)
  return { wire, call, refusal, changes, send, conversation, notices }
}

async function aRoom() {
  const app = await startApp({ tokenSecret })
  return { app, john: await aDevice(app, john), bill: await aDevice(app, bill) }
}

test('a reply shows what it answers, as it is now, and mentions who wrote it', async () => {
  const { john, bill } = await aRoom()
  const question = await john.send(`${'x'.repeat(250)}?`)
  const answer = await bill.send('yes', { replyTo: question.id })
  expect(answer).toMatchObject({
    replyTo: question.id,
    quote: { id: question.id, seq: question.seq, content: 'x'.repeat(200), deleted: false },
    mentions: [1],
  })
  await until('john has it', () => john.changes().length === 2)
  expect(john.changes()[1].message).toEqual(answer)
  await john.call('messages.delete', { id: question.id })
  const { messages } = await bill.call('messages.list', { conversationId: 1 })
  expect(messages[1].quote).toMatchObject({ content: '', deleted: true })
})

test('only a message of the same conversation can be answered, and a key is for one answer', async () => {
  const { app, john } = await aRoom()
  const elsewhere = await aConversation(app.db, [1, 2], 'private')
  const other = await john.send('there', { conversationId: elsewhere })
  for (const replyTo of [other.id, 999_999])
    expect(
      await john.refusal('messages.send', {
        ...{ conversationId: 1, content: 'here', clientKey: randomUUID(), replyTo },
      }),
    ).toMatchObject({ code: 400, message: 'replyTo: is no message of this conversation' })
  const first = await john.send('first')
  const clientKey = randomUUID()
  const answer = await john.send('again', { clientKey, replyTo: first.id })
  expect(await john.send('again', { clientKey, replyTo: first.id })).toEqual(answer)
  const input = { conversationId: 1, content: 'again', clientKey }
  expect(await john.refusal('messages.send', input)).toMatchObject({ code: 409 })
})

test('reactions come in the order of their first use, and asking twice changes nothing', async () => {
  const { john, bill } = await aRoom()
  const { id } = await john.send('lunch?')
  await bill.call('messages.react', { id, emoji: '👍', added: true })
  await john.call('messages.react', { id, emoji: '🎉', added: true })
  await john.call('messages.react', { id, emoji: '👍', added: true })
  const { message } = await john.call('messages.react', { id, emoji: '👍', added: true })
  const people = { john: { id: 1, username: 'john' }, bill: { id: 2, username: 'bill' } }
  expect(message.reactions).toEqual([
    { emoji: '👍', users: [people.bill, people.john] },
    { emoji: '🎉', users: [people.john] },
  ])
  await bill.call('messages.react', { id, emoji: '👍', added: false })
  await bill.call('messages.react', { id, emoji: '👍', added: false })
  await until('all five are there', () => bill.changes().length === 5)
  expect(bill.changes().at(-1)).toMatchObject({
    ...{ type: 'message.reacted', emoji: '👍', added: false, actor: people.bill },
    message: { reactions: [{ emoji: '🎉' }, { emoji: '👍', users: [people.john] }] },
  })
  const { changes } = await bill.call('conversations.changes', { id: 1, after: 3 })
  expect(changes.map(({ type, emoji, added }: any) => [type, emoji, added])).toEqual([
    ['message.reacted', '👍', true],
    ['message.reacted', '🎉', true],
    ['message.reacted', '👍', true],
    ['message.reacted', '👍', false],
  ])
})

test('a reaction is one emoji in one form, and a message has at most 20 of them', async () => {
  const { john, bill } = await aRoom()
  const { id } = await john.send('hi')
  for (const emoji of ['ok', '👍👍', '', '1', ' ', '<b>', 'a👍'])
    expect(await john.refusal('messages.react', { id, emoji, added: true }), emoji).toMatchObject({
      code: 400,
    })
  const heart = { id, emoji: '❤', added: true }
  const { message } = await john.call('messages.react', heart)
  expect(message.reactions[0].emoji).toBe('❤️')
  const emojis = Array.from({ length: 19 }, (_, n) => String.fromCodePoint(0x1f600 + n))
  for (const emoji of [...emojis, '👨‍👩‍👧', '🇻🇳', '1️⃣'].slice(0, 19))
    await john.call('messages.react', { id, emoji, added: true })
  expect(await john.refusal('messages.react', { id, emoji: '🇻🇳', added: true })).toMatchObject({
    code: 106,
  })
  await bill.call('messages.react', heart)
})

test('who is named is mentioned: members, the longest name, and nobody in an address', async () => {
  const { app, john, bill } = await aRoom()
  await aUser(app.db, 'carol')
  const dot = await aUser(app.db, 'bill.')
  expect((await john.send('ask @Bill. or @carol')).mentions).toEqual([2])
  await app.db.members.add(1, dot.id, 1, 'member')
  expect((await john.send('ask @bill. now')).mentions).toEqual([dot.id])
  expect((await john.send('john@bill, @john')).mentions).toEqual([])
  expect((await bill.conversation()).mentions).toBe(1)
})

test('@all mentions everybody; in a large conversation only when who is in charge says so', async () => {
  const { app, john, bill } = await aRoom()
  expect(await bill.send('hello @all')).toMatchObject({ mentions: [], mentionsAll: true })
  expect(await john.conversation()).toMatchObject({ unread: 1, mentions: 1 })
  expect(await bill.conversation()).toMatchObject({ unread: 0, mentions: 0 })
  await app.db.pool.query({ text: 'update conversations set member_count = 101 where id = 1' })
  expect(await bill.send('hello @all')).toMatchObject({ mentionsAll: false })
  expect(await john.send('hello @all')).toMatchObject({ mentionsAll: true })
})

test('mentions follow edits and deletions, in the count and in the list of mine', async () => {
  const { app, john, bill } = await aRoom()
  const hidden = await aConversation(app.db, [1, 2], 'private')
  const first = await john.send('@bill one')
  const second = await john.send('two')
  await john.send('@bill in private', { conversationId: hidden })
  await john.call('messages.edit', { id: first.id, content: 'one' })
  await john.call('messages.edit', { id: second.id, content: 'two @bill' })
  const third = await john.send('@all three')
  const texts = async (input: object = {}) =>
    (await bill.call('mentions.list', input)).mentions.map(({ message }: any) => message.content)
  expect(await texts()).toEqual(['@all three', '@bill in private', 'two @bill'])
  expect(await texts({ limit: 1 })).toEqual(['@all three'])
  expect(await texts({ before: third.id, limit: 1 })).toEqual(['@bill in private'])
  expect((await bill.conversation()).mentions).toBe(2)
  await john.call('messages.delete', { id: third.id })
  expect((await bill.conversation()).mentions).toBe(1)
  await app.db.members.remove(hidden, 2, 2)
  expect(await texts()).toEqual(['two @bill'])
})

test('what is pinned is there for everybody, the latest pin first, until it is taken off or deleted', async () => {
  const { john, bill } = await aRoom()
  const [first, second] = [await john.send('one'), await john.send('two')]
  await bill.call('messages.pin', { id: second.id, pinned: true })
  await bill.call('messages.pin', { id: first.id, pinned: true })
  const pinned = async () =>
    (await john.call('messages.pinned', { conversationId: 1 })).messages.map((m: any) => m.content)
  expect(await pinned()).toEqual(['one', 'two'])
  await until('john was told', () => john.changes().at(-1)?.type === 'message.pinned')
  expect(john.changes().at(-1)).toMatchObject({ pinned: true, message: { id: first.id } })
  expect(john.changes().at(-1).message.pinnedAt).not.toBeNull()
  await john.call('messages.pin', { id: first.id, pinned: false })
  await john.call('messages.delete', { id: second.id })
  expect(await pinned()).toEqual([])
})

test('an edited message remembers what it said, and a deleted one does not', async () => {
  const { john, bill } = await aRoom()
  const { id, createdAt } = await john.send('one')
  const { message } = await john.call('messages.edit', { id, content: 'two' })
  await john.call('messages.edit', { id, content: 'three' })
  const history = async () => (await bill.call('messages.history', { id })).versions
  expect(await history()).toEqual([
    { content: 'one', at: createdAt },
    { content: 'two', at: message.editedAt },
  ])
  await john.call('messages.delete', { id })
  expect(await history()).toEqual([])
})

test('what I save is mine alone, and other devices of mine are told', async () => {
  const { app, john, bill } = await aRoom()
  const phone = await aDevice(app, 2)
  const [first, second] = [await john.send('one'), await john.send('two')]
  for (const { id } of [second, first, first]) await bill.call('messages.save', { id, saved: true })
  const { saved, more } = await bill.call('messages.saved', { limit: 1 })
  expect(saved).toMatchObject([{ message: { content: 'one' }, conversation: { id: 1 } }])
  expect(more).toBe(true)
  const rest = await bill.call('messages.saved', { before: saved[0].savedAt })
  expect(rest.saved.map(({ message }: any) => message.content)).toEqual(['two'])
  expect((await john.call('messages.saved', {})).saved).toEqual([])
  await until('the phone was told of both', () => phone.notices('message.saved').length === 2)
  expect(phone.notices('message.saved')).toEqual([
    { type: 'message.saved', messageId: second.id, saved: true },
    { type: 'message.saved', messageId: first.id, saved: true },
  ])
  await john.call('messages.delete', { id: first.id })
  await bill.call('messages.save', { id: second.id, saved: false })
  expect((await bill.call('messages.saved', {})).saved).toEqual([])
})

test('a page can be had around a message and around a time', async () => {
  const { app, john } = await aRoom()
  for (let n = 1; n <= 9; n++) await john.send(`m${n}`)
  await app.db.pool.query({
    text: `update chat_messages set created_at = '2026-01-01T00:00:00Z'::timestamptz + ordinal * interval '1 day'`,
  })
  const page = async (input: object) => {
    const { messages, ...rest } = await john.call('messages.list', { conversationId: 1, ...input })
    return { texts: messages.map(({ content }: any) => content).join(' '), ...rest }
  }
  const { seq } = (await john.call('messages.list', { conversationId: 1 })).messages[4]
  const middle = { texts: 'm3 m4 m5 m6', more: true, newer: true }
  expect(await page({ around: seq, limit: 4 })).toMatchObject(middle)
  expect(await page({ at: '2026-01-06T00:00:00Z', limit: 4 })).toMatchObject(middle)
  expect(await page({ at: '2026-01-05T00:00:00.001Z', limit: 4 })).toMatchObject(middle)
  expect(await page({ at: '2020-01-01T00:00:00Z', limit: 4 })).toMatchObject({
    ...{ texts: 'm1 m2', more: false, newer: true },
  })
  expect(await page({ at: '2030-01-01T00:00:00Z', limit: 4 })).toMatchObject({
    ...{ texts: 'm8 m9', more: true, newer: false },
  })
  expect(await page({ before: seq, limit: 2 })).toMatchObject({ texts: 'm3 m4', newer: true })
  expect(await page({ after: seq, limit: 9 })).toMatchObject({ texts: 'm6 m7 m8 m9', newer: false })
  expect(await page({ limit: 1 })).toMatchObject({ texts: 'm9', more: true, newer: false })
})

test('searching ignores case and accents, and goes on where it stopped', async () => {
  const { john, bill } = await aRoom()
  for (const text of ['Tiếng Việt', 'english', 'TIENG viet nam', 'đường']) await john.send(text)
  const find = async (query: string, more: object = {}) =>
    bill.call('messages.search', { conversationId: 1, query, ...more })
  const texts = ({ messages }: any) => messages.map(({ content }: any) => content)
  expect(texts(await find('tieng viet'))).toEqual(['TIENG viet nam', 'Tiếng Việt'])
  expect(texts(await find('DUONG'))).toEqual(['đường'])
  expect(await find('nothing')).toMatchObject({ messages: [], more: false, searchedTo: 0 })
  const first = await find('tiếng', { limit: 1 })
  expect(texts(first)).toEqual(['TIENG viet nam'])
  expect(first.more).toBe(true)
  expect(texts(await find('tiếng', { before: first.searchedTo }))).toEqual(['Tiếng Việt'])
})

test('what I mark as unread is unread on my devices until I read again; others see no step back', async () => {
  const { app, john, bill } = await aRoom()
  const phone = await aDevice(app, 2)
  const sent = [await john.send('one'), await john.send('two @bill'), await john.send('three')]
  const seq = sent[2]!.seq
  const read = await bill.call('conversations.read', { id: 1, seq })
  expect(read).toMatchObject({ lastReadSeq: seq, unread: 0, mentions: 0 })
  const back = await bill.call('conversations.markUnread', { id: 1, seq: sent[1]!.seq })
  expect(back).toEqual({
    ...{ lastReadSeq: sent[0]!.seq, lastReadOrdinal: 1, unread: 2, mentions: 1 },
    ...{ rev: read.rev + 1, lastSeq: seq },
  })
  expect(await bill.call('conversations.markUnread', { id: 1, seq: sent[2]!.seq })).toEqual(back)
  expect(await bill.conversation()).toMatchObject(back)
  await until('the phone was told', () =>
    phone.notices('conversation.read').some(({ rev }) => rev === back.rev),
  )
  const { state } = await john.call('conversations.state', { id: 1 })
  expect(state.reads).toContainEqual({ userId: 2, lastReadSeq: seq, lastDeliveredSeq: seq })
  const again = await bill.call('conversations.read', { id: 1, seq })
  expect(again).toMatchObject({ unread: 0, mentions: 0, rev: back.rev + 1 })
})

test('nobody answers, reacts or pins where it is archived', async () => {
  const { john, bill } = await aRoom()
  const { id } = await john.send('the last word')
  await john.call('conversations.change', { id: 1, archived: true })
  const keyed = { conversationId: 1, content: 'no', clientKey: randomUUID(), replyTo: id }
  expect(await bill.refusal('messages.send', keyed)).toMatchObject({ code: 423 })
  const reaction = { id, emoji: '👍', added: true }
  expect(await bill.refusal('messages.react', reaction)).toMatchObject({ code: 423 })
  expect(await bill.refusal('messages.pin', { id, pinned: true })).toMatchObject({ code: 423 })
  await bill.call('messages.save', { id, saved: true })
})

test('who was removed and repeats a send learns that it is stored, and nothing that others wrote since', async () => {
  const { john, bill } = await aRoom()
  const question = await john.send('a question')
  const clientKey = randomUUID()
  const answer = await bill.send('an answer', { replyTo: question.id, clientKey })
  await john.call('members.remove', { id: 1, userId: 2 })
  const edit = { id: question.id, content: 'not for bill', clientKey: randomUUID() }
  await john.call('messages.edit', edit)
  await john.call('messages.react', { id: answer.id, emoji: '🔥', added: true })
  const repeated = await bill.send('an answer', { replyTo: question.id, clientKey })
  expect(repeated).toMatchObject({
    id: answer.id,
    content: 'an answer',
    quote: null,
    reactions: [],
  })
})

test('who left a conversation that they made does not see it by making it again', async () => {
  const { john, bill } = await aRoom()
  const made = { name: 'Secret', kind: 'private', userIds: [2], clientKey: randomUUID() }
  const { conversation } = await john.call('conversations.create', made)
  await john.call('conversations.leave', { id: conversation.id })
  await bill.send('now that john is gone', { conversationId: conversation.id })
  expect(await john.refusal('conversations.create', made)).toMatchObject({ message: 'not found' })
})

test('a deleted message cannot be saved', async () => {
  const { john } = await aRoom()
  const { id } = await john.send('gone')
  await john.call('messages.delete', { id })
  expect(await john.refusal('messages.save', { id, saved: true })).toMatchObject({
    message: 'not found',
  })
})

test('a query of accents alone finds nothing', async () => {
  const { john } = await aRoom()
  await john.send('hello')
  const found = await john.call('messages.search', { conversationId: 1, query: '\u0301' })
  expect(found).toMatchObject({ messages: [], more: false })
})

test('an empty epoch stands for the present one', async () => {
  const { john } = await aRoom()
  await john.send('hello')
  const answer = await john.call('conversations.changes', { id: 1, after: 0, epoch: '' })
  expect(answer).toMatchObject({ reset: false })
  expect(answer.changes).not.toEqual([])
})
