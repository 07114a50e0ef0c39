import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { accountsIn } from '../../src/database/accounts.ts'
import { aCluster, startApp, until, type TestApp } from '../app.ts'
import { aConversation, aUser } from '../database.ts'
import { aToken, tokenSecret } from '../tokens.ts'
import { openWire, type Wire } from '../wire.ts'

const [john, bill] = [1, 2]

const start = () => startApp({ tokenSecret })

async function aDevice(app: TestApp, user: number, subs: object = {}): Promise<Wire> {
  const wire = await openWire(app.gatewayUrl)
  await wire.connect({ token: aToken({ sub: String(user) }), subs })
  return wire
}

let lastId = 1
const ask = (wire: Wire, method: string, data: object) =>
  wire.ask({ id: ++lastId, rpc: { method, data } })

async function call(wire: Wire, method: string, data: object): Promise<any> {
  const answer = await ask(wire, method, data)
  if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`)
  return answer.rpc.data
}

const refusalOf = async (wire: Wire, method: string, data: object): Promise<number | undefined> =>
  (await ask(wire, method, data)).error?.code

const send = (wire: Wire, conversationId: number, content = 'hello', clientKey = randomUUID()) =>
  ask(wire, 'messages.send', { conversationId, content, clientKey })

const changes = (wire: Wire, id = 1): any[] =>
  wire.publications(`conversation:${id}`).map(({ data }) => data)

const told = (wire: Wire, user: number, type: string): any[] =>
  [...wire.state(`user:${user}`), ...wire.publications(`user:${user}`)]
    .map(({ data }) => data)
    .filter((data) => data.type === type)

test('two people who write to each other at the same instant, on two nodes, share one conversation', async () => {
  const [here, there] = (await aCluster({ tokenSecret })) as [TestApp, TestApp]
  const carol = await aUser(here.db, 'carol')
  const wires = [await aDevice(here, john), await aDevice(there, bill)]
  const others = [
    [bill, carol.id],
    [carol.id, john],
  ]
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      call(wires[n % 2]!, 'conversations.direct', { userIds: others[n % 2]! }),
    ),
  )
  const ids = new Set(answers.map(({ conversation }) => conversation.id))
  expect(ids.size).toBe(1)
  const [id] = [...ids]
  expect(answers[0].conversation).toMatchObject({ kind: 'direct', role: 'member', memberCount: 3 })
  expect(answers[0].conversation.people).toEqual([{ id: bill, username: 'bill' }, carol])
  expect(answers[1].conversation.people).toEqual([{ id: john, username: 'john' }, carol])
  const { conversation } = await call(wires[0]!, 'conversations.direct', { userIds: [bill] })
  expect(conversation.id).not.toBe(id)
})

test('a direct conversation is on everybody’s screen at once, and nobody leaves, renames or joins it', async () => {
  const app = await start()
  const dora = await aUser(app.db, 'dora')
  const [writer, reader] = [await aDevice(app, john), await aDevice(app, bill)]
  const { conversation } = await call(writer, 'conversations.direct', { userIds: [bill, john] })
  const { id } = conversation
  await send(writer, id, 'psst')
  await until('bill has it', () => changes(reader, id).some(({ message }) => message))
  for (const [method, input] of Object.entries({
    'conversations.leave': {},
    'conversations.change': { name: 'Ours' },
    'members.add': { username: 'dora' },
    'members.remove': { userId: bill },
    'members.change': { userId: bill, role: 'owner' },
  }))
    expect(await refusalOf(writer, method, { id, ...input }), method).toBe(103)
  const stranger = await aDevice(app, dora.id)
  expect(await refusalOf(stranger, 'conversations.join', { id })).toBe(404)
  expect(await refusalOf(writer, 'conversations.direct', { userIds: [john] })).toBe(400)
  expect(await refusalOf(writer, 'conversations.direct', { userIds: [999] })).toBe(404)
})

test('a new name and topic reach everybody in the order of the line, and nothing is said twice', async () => {
  const app = await start()
  const [owner, member] = [await aDevice(app, john), await aDevice(app, bill)]
  const change = { id: 1, name: 'Plans', topic: 'What comes next' }
  const { conversation } = await call(owner, 'conversations.change', change)
  expect(conversation).toMatchObject({ name: 'Plans', topic: 'What comes next', archivedAt: null })
  await call(owner, 'conversations.change', change)
  await send(owner, 1)
  await until('bill has the message', () => changes(member).length === 2)
  expect(changes(member)[0]).toMatchObject({
    type: 'conversation.changed',
    seq: 3,
    actor: { username: 'john' },
    name: 'Plans',
    topic: 'What comes next',
    archivedAt: null,
  })
  const stored = await call(member, 'conversations.changes', { id: 1, after: 2 })
  expect(stored.changes).toEqual(changes(member))
  expect(await refusalOf(member, 'conversations.change', { id: 1, name: 'Mine' })).toBe(103)
})

test('a name or topic of several lines is refused, and one from before can be read and changed', async () => {
  const app = await start()
  const wire = await aDevice(app, john)
  const odd = 'Plans\n\u202eYou'
  for (const [method, input, field] of [
    ['conversations.create', { name: odd }, 'name'],
    ['conversations.change', { id: 1, name: odd }, 'name'],
    ['conversations.change', { id: 1, topic: odd }, 'topic'],
    ['users.changeProfile', { fullName: odd }, 'fullName'],
  ] as const) {
    const message = `${field}: must be one line without control characters`
    expect((await ask(wire, method, input)).error).toMatchObject({ code: 400, message })
  }
  await app.db.conversations.change(1, john, { name: odd, topic: odd })
  const read = await call(wire, 'conversations.get', { id: 1 })
  expect(read.conversation).toMatchObject({ name: odd, topic: odd })
  const { conversation } = await call(wire, 'conversations.change', { id: 1, topic: 'One line' })
  expect(conversation).toMatchObject({ name: odd, topic: 'One line' })
})

test('in an archived conversation nobody writes or edits, until it is opened again', async () => {
  const app = await start()
  const [owner, member] = [await aDevice(app, john), await aDevice(app, bill)]
  const key = randomUUID()
  const kept = (await send(member, 1, 'kept', key)).rpc.data.message
  const { conversation } = await call(owner, 'conversations.change', { id: 1, archived: true })
  expect(conversation.archivedAt).toEqual(expect.any(String))
  await until('bill is told', () => changes(member).length === 2)
  expect(changes(member)[1]).toMatchObject({ archivedAt: conversation.archivedAt })
  const stored = await call(member, 'conversations.changes', { id: 1, after: 3 })
  expect(stored.changes).toEqual([changes(member)[1]])

  expect((await send(member, 1)).error).toMatchObject({ code: 423, message: 'archived' })
  expect((await send(member, 1, 'kept', key)).rpc.data.message).toEqual(kept)
  const edit = { id: kept.id, content: 'changed' }
  expect(await refusalOf(member, 'messages.edit', edit)).toBe(423)
  const internal = await fetch(`${app.url}/api/ws/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-token': 'internal-secret' },
    body: JSON.stringify({ conversation_id: 1, sender_id: bill, content: 'hi' }),
  })
  expect(internal.status).toBe(422)
  expect(await internal.json()).toMatchObject({
    errors: { conversation_id: [expect.stringContaining('archived')] },
  })
  await call(member, 'messages.delete', { id: kept.id })

  const carol = await aDevice(app, (await aUser(app.db, 'carol')).id)
  const joinable = () => call(carol, 'conversations.list', { scope: 'joinable' })
  expect((await joinable()).conversations).toEqual([])
  await call(owner, 'conversations.change', { id: 1, archived: false })
  expect((await joinable()).conversations).toMatchObject([{ id: 1, favourite: false }])
  expect((await send(member, 1)).rpc.data.message.content).toBe('hello')
})

test('what a conversation is to me is told to my devices and to nobody else', async () => {
  const app = await start()
  const [phone, laptop, other] = [
    await aDevice(app, john),
    await aDevice(app, john),
    await aDevice(app, bill),
  ]
  await call(phone, 'conversations.prefer', { id: 1, favourite: true })
  const wanted = { id: 1, muted: true, notify: 'mentions' }
  const { conversation } = await call(phone, 'conversations.prefer', wanted)
  const mine = { favourite: true, muted: true, notify: 'mentions' }
  expect(conversation).toMatchObject(mine)
  await until('the laptop', () => told(laptop, john, 'conversation.preferred').length === 2)
  expect(told(laptop, john, 'conversation.preferred')[1]).toEqual({
    type: 'conversation.preferred',
    conversationId: 1,
    ...mine,
  })
  const { state } = await call(laptop, 'conversations.state', { id: 1 })
  expect(state).toMatchObject(mine)
  const theirs = await call(other, 'conversations.get', { id: 1 })
  expect(theirs.conversation).toMatchObject({ favourite: false, muted: false, notify: 'all' })
  expect(told(other, bill, 'conversation.preferred')).toEqual([])
  expect(changes(other)).toEqual([])

  const { epoch } = (await other.reply(1)).connect.subs['conversation:1']
  const back = await aDevice(app, john, {
    'conversation:1': { recover: true, epoch, offset: 2 },
  })
  await until('the state came', () => back.state('conversation:1').length === 1)
  expect(back.state('conversation:1')[0]!.data).toMatchObject({ type: 'state', ...mine })
})

test('owners give roles, admins manage members but not each other, and somebody is always owner', async () => {
  const app = await start()
  const [carol, dora] = [await aUser(app.db, 'carol'), await aUser(app.db, 'dora')]
  const id = await aConversation(app.db, [john, bill, carol.id, dora.id])
  const [owner, admin] = [await aDevice(app, john), await aDevice(app, bill)]
  const role = (userId: number, as: string) => ({ id, userId, role: as })
  const { member } = await call(owner, 'members.change', role(bill, 'admin'))
  expect(member).toMatchObject({ user: { username: 'bill' }, role: 'admin' })
  await call(owner, 'members.change', role(carol.id, 'admin'))
  await until('bill is told', () => changes(admin, id).length === 2)
  expect(changes(admin, id)[0]).toMatchObject({
    type: 'member.changed',
    user: { username: 'bill' },
    role: 'admin',
  })
  expect(await refusalOf(admin, 'members.change', role(bill, 'owner'))).toBe(103)
  expect(await refusalOf(admin, 'members.remove', { id, userId: john })).toBe(103)
  expect(await refusalOf(admin, 'members.remove', { id, userId: carol.id })).toBe(103)
  await call(admin, 'members.remove', { id, userId: dora.id })
  expect((await ask(owner, 'members.change', role(john, 'member'))).error).toMatchObject({
    code: 409,
  })
  await call(admin, 'conversations.change', { id, topic: 'Ours' })

  await call(owner, 'conversations.leave', { id })
  await until('bill hears the end', () => changes(admin, id).length === 6)
  const [left, next] = changes(admin, id).slice(-2)
  expect(left).toMatchObject({ type: 'member.left', user: { username: 'john' } })
  expect(next).toMatchObject({ type: 'member.changed', user: { username: 'bill' }, role: 'owner' })
  expect(next.seq).toBe(left.seq + 1)
  const stored = await call(admin, 'conversations.changes', { id, after: left.seq - 1 })
  expect(stored.changes).toEqual([left, next])
  await call(admin, 'members.change', role(carol.id, 'owner'))
})

test('who comes where everybody has left is owner, and the next ones are members', async () => {
  const app = await start()
  const id = await aConversation(app.db, [john])
  const [first, second] = [await aDevice(app, john), await aDevice(app, bill)]
  await call(first, 'conversations.leave', { id })
  expect((await call(second, 'conversations.join', { id })).conversation.role).toBe('owner')
  const { conversation } = await call(first, 'conversations.join', { id })
  expect(conversation.role).toBe('member')
  await until('bill is told', () => changes(second, id).length > 0)
  const stored = await call(second, 'conversations.changes', { id, after: 0 })
  expect(stored.changes).toMatchObject([
    ...[{ type: 'member.joined', role: 'owner' }, { type: 'member.left' }],
    { type: 'member.joined', user: { username: 'bill' }, role: 'owner' },
    { type: 'member.joined', user: { username: 'john' }, role: 'member' },
  ])
})

test('an owner who cannot sign in any more does not count as one', async () => {
  const app = await start()
  const [gone, carol] = [await aUser(app.db, 'gone'), await aUser(app.db, 'carol')]
  const id = await aConversation(app.db, [john, gone.id, carol.id, bill])
  const [owner, heir] = [await aDevice(app, john), await aDevice(app, bill)]
  await call(owner, 'members.change', { id, userId: gone.id, role: 'owner' })
  await call(owner, 'members.change', { id, userId: bill, role: 'admin' })
  await accountsIn(app.db.pool).disable('gone')
  const stepDown = { id, userId: john, role: 'member' }
  expect(await refusalOf(owner, 'members.change', stepDown)).toBe(409)
  await call(owner, 'conversations.leave', { id })
  await until('bill is owner', () => changes(heir, id).at(-1)?.role === 'owner')
  const { members } = await call(heir, 'members.list', { id })
  expect(members.map(({ user, role }: any) => [user.username, role])).toEqual([
    ['gone', 'owner'],
    ['carol', 'member'],
    ['bill', 'owner'],
  ])
  await call(heir, 'members.remove', { id, userId: gone.id })
  await call(heir, 'members.add', { id, username: 'john' })
  expect((await call(owner, 'conversations.get', { id })).conversation.role).toBe('member')
})

test('two owners who step down at the same instant leave one of them owner', async () => {
  const [here, there] = (await aCluster({ tokenSecret })) as [TestApp, TestApp]
  const [one, other] = [await aDevice(here, john), await aDevice(there, bill)]
  for (let round = 0; round < 10; round++) {
    const id = await aConversation(here.db, [john, bill])
    await call(one, 'members.change', { id, userId: bill, role: 'owner' })
    await Promise.all([
      ask(one, 'members.change', { id, userId: john, role: 'member' }),
      ask(other, 'members.change', { id, userId: bill, role: 'member' }),
    ])
    const { members } = await call(one, 'members.list', { id })
    const owners = members.filter(({ role }: any) => role === 'owner')
    expect(owners.length).toBe(1)
  }
})

test('people and members are found by part of a name, whatever its case and accents', async () => {
  const app = await start()
  const viet = await aUser(app.db, 'nguyễn.đạt')
  const gone = await aUser(app.db, 'gone')
  await app.db.pool.query({
    text: 'update users set disabled_at = now() where id = $1',
    values: [gone.id],
  })
  const [wire, theirs] = [await aDevice(app, john), await aDevice(app, viet.id)]
  const about = { fullName: 'Đặng  Tiếng Việt', about: 'Hà Nội' }
  const { profile } = await call(theirs, 'users.changeProfile', about)
  expect(profile).toMatchObject({ user: viet, ...about, disabled: false })
  expect(await call(wire, 'users.get', { id: viet.id })).toEqual({ profile })
  const found = async (query?: string) =>
    (await call(wire, 'users.list', { query })).users.map(({ username }: any) => username)
  expect(await found()).toEqual(['bill', 'john', 'nguyễn.đạt'])
  for (const query of ['tieng viet', 'TIẾNG', 'dang tieng', 'nguyen.dat', 'ĐẠT', 'Nguyễn.'])
    expect(await found(query), query).toEqual(['nguyễn.đạt'])
  for (const query of ['%', '_', 'hanoi', 'bil\\']) expect(await found(query), query).toEqual([])

  const first = await call(wire, 'users.list', { limit: 2 })
  expect(first).toMatchObject({ more: true, users: [{ id: bill, fullName: '' }, { id: john }] })
  const rest = await call(wire, 'users.list', { limit: 2, after: john })
  expect(rest).toEqual({ more: false, users: [{ ...viet, fullName: about.fullName }] })

  await app.db.members.add(1, viet.id, viet.id, 'member')
  const members = (input: object) => call(wire, 'members.list', { id: 1, ...input })
  expect((await members({ query: 'viet' })).members).toMatchObject([{ user: viet }])
  expect(await members({ limit: 1 })).toMatchObject({ more: true, members: [{ role: 'owner' }] })
  expect(await members({ limit: 1, after: bill })).toMatchObject({
    more: false,
    members: [{ user: viet }],
  })
})

test('a sigma is the same letter at the end of a word and within it', async () => {
  const app = await start()
  const [greek, dora] = [await aUser(app.db, 'Σίσυφος'), await aUser(app.db, 'dora')]
  const [wire, theirs, other] = [
    await aDevice(app, john),
    await aDevice(app, greek.id),
    await aDevice(app, dora.id),
  ]
  await call(theirs, 'users.changeProfile', { fullName: 'Οδυσσεύς' })
  await call(wire, 'conversations.change', { id: 1, name: 'Ο ΠΕΛΑΡΓΟΣ', topic: 'ο ορίζων χάος' })
  await send(wire, 1, 'Ο ΣΙΣΥΦΟΣ και ο Σίσυφος')
  for (const query of ['ΣΙΣΥΦΟΣ', 'σίσυφος', 'ΣΙΣ', 'ύφοσ', 'ΟΔΥΣΣΕΥΣ', 'σευς', 'ΔΥΣ'])
    expect((await call(wire, 'users.list', { query })).users, query).toMatchObject([greek])
  for (const query of ['πελαργός', 'ΠΕΛΑΡΓΟΣ', 'ΧΑΟΣ', 'χάοσ']) {
    const found = await call(other, 'conversations.list', { scope: 'joinable', query })
    expect(found.conversations, query).toMatchObject([{ id: 1 }])
  }
  for (const query of ['σίσυφος', 'ΣΙΣΥΦΟΣ', 'ΣΙΣ']) {
    const found = await call(wire, 'messages.search', { conversationId: 1, query })
    expect(found.messages.length, query).toBe(1)
  }
})

test('who leaves between two pages of a list ends neither of them', async () => {
  const app = await start()
  const people = [
    await aUser(app.db, 'carol'),
    await aUser(app.db, 'dora'),
    await aUser(app.db, 'erin'),
  ]
  const [carol, dora, erin] = people.map(({ id }) => id) as [number, number, number]
  const rooms = [
    await aConversation(app.db, [john, carol, dora, erin]),
    await aConversation(app.db, [john]),
  ]
  const id = rooms[0]!
  const wire = await aDevice(app, john)
  const members = async (after: number) => {
    const page = await call(wire, 'members.list', { id, after, limit: 1 })
    return { ids: page.members.map(({ user }: any) => user.id), more: page.more }
  }
  await call(wire, 'members.remove', { id, userId: carol })
  expect(await members(carol)).toEqual({ ids: [dora], more: true })
  await call(wire, 'members.add', { id, username: 'carol' })
  await call(wire, 'members.remove', { id, userId: dora })
  expect(await members(dora)).toEqual({ ids: [erin], more: true })
  expect(await members(erin)).toEqual({ ids: [carol], more: false })

  const conversations = async (after: number) =>
    (await call(wire, 'conversations.list', { after })).conversations.map((each: any) => each.id)
  expect(await conversations(id)).toEqual([1])
  await call(wire, 'conversations.leave', { id })
  expect(await conversations(id)).toEqual([rooms[1], 1])
})

test('what I have set for myself is told to my devices', async () => {
  const app = await start()
  const [phone, laptop] = [await aDevice(app, john), await aDevice(app, john)]
  const quietUntil = '2026-02-01T17:00:00.000Z'
  const { settings } = await call(phone, 'users.changeSettings', { doNotDisturbUntil: quietUntil })
  expect(settings).toEqual({ readReceipts: true, doNotDisturbUntil: quietUntil })
  await until('the laptop', () => told(laptop, john, 'settings').length === 1)
  expect(told(laptop, john, 'settings')[0]).toEqual({ type: 'settings', settings })
  await call(phone, 'users.changeSettings', { readReceipts: false })
  const lifted = await call(phone, 'users.changeSettings', { doNotDisturbUntil: null })
  expect(lifted.settings).toEqual({ readReceipts: false, doNotDisturbUntil: null })
})
