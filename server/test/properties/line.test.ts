import { randomUUID } from 'node:crypto'
import type { UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Message } from '@parley/protocol/resources'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase, type Database } from '../../src/database/database.ts'
import type { NewMessage } from '../../src/database/messages.ts'
import type { ConnectionOptions } from '../../src/database/pool.ts'
import { aConversation, aUser, freshConnection } from '../database.ts'
import { startSystemPostgres, systemVersion } from '../postgres-15.ts'
import { silentLog } from '../silent-log.ts'
import { aWorld, perform, scripts, type World } from './actions.ts'
import { catchUp, Copy } from './copy.ts'
import { replay } from './model.ts'
import { tablesOf, upTo, type Tables } from './tables.ts'

interface Engine {
  connection: ConnectionOptions
  stop(): Promise<void>
}

const ownEngine = async (): Promise<Engine> => ({
  connection: await freshConnection(),
  async stop() {},
})

const engines = [
  ['the PostgreSQL that Parley brings', ownEngine],
  [`PostgreSQL ${systemVersion ?? 15} of the system`, startSystemPostgres],
] as const

/** On a busy machine fewer runs rather than more time; a run that has begun is finished. */
function timeFor(ms: number): () => boolean {
  const deadline = Date.now() + ms
  return () => Date.now() < deadline
}

describe.each(engines)('over two nodes on %s', (_name, start) => {
  let engine: Engine | undefined
  let nodes: Database[] = []

  beforeAll(async () => {
    engine = await start()
    if (!engine) return
    const options = { log: silentLog, applicationName: 'parley test' }
    nodes = [openDatabase(engine.connection, options), openDatabase(engine.connection, options)]
  })
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await engine?.stop()
  })

  test('whatever people do at once, every answer fits one line from 1 to n, and clients that come back have it all', async ({
    skip,
  }) => {
    skip(!engine, 'this machine has no PostgreSQL 15 or later')
    const hasTime = timeFor(15_000)
    const pages = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    const stops = fc.array(fc.nat(), { minLength: 2, maxLength: 4 })
    const holds = async (all: Parameters<typeof perform>[1], sizes: number[], from: number[]) => {
      if (!hasTime()) return
      let page = 0
      const pageSize = () => sizes[page++ % sizes.length]!
      const world = await aWorld(nodes)
      let busy = true
      const following = follow(world, pageSize, () => busy)
      await perform(world, all).finally(() => (busy = false))
      expect(world.failures).toEqual([])
      const { stayed, left } = await following
      for (const [index, room] of world.rooms.entries()) {
        const tables = await tablesOf(nodes[0]!.pool, room)
        expectOneLine(tables)
        expectModel(world, room, tables)
        await expectUnread(world, room, tables)
        expectForward(world, room, tables)
        const there = stayed[index] ?? new Copy(room)
        await catchUp(nodes[0]!, [there], pageSize)
        expectSame(there, tables)
        const back = [
          ...left.filter((copy) => copy.room === room),
          ...(await partial(nodes[1]!, there, from)),
        ]
        await catchUp(nodes[1]!, back, pageSize)
        for (const copy of back) expect(copy.contents).toEqual(there.contents)
      }
    }
    await fc.assert(fc.asyncProperty(scripts, pages, stops, holds), { numRuns: 60 })
  })

  test('a row that cannot be stored never fails the others of its batch', async ({ skip }) => {
    skip(!engine, 'this machine has no PostgreSQL 15 or later')
    const [john, stranger] = [
      await aUser(nodes[0]!, randomUUID()),
      await aUser(nodes[0]!, randomUUID()),
    ]
    const rows = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, badKinds), {
      minLength: 2,
      maxLength: 40,
    })
    const hasTime = timeFor(6_000)
    const holds = async (kinds: (BadKind | undefined)[]) => {
      if (!hasTime()) return
      const rooms = [
        await aConversation(nodes[0]!, [john.id]),
        await aConversation(nodes[0]!, [john.id]),
      ]
      const used = randomUUID()
      const good = (index: number): NewMessage => ({
        conversationId: rooms[index % 2]!,
        userId: john.id,
        clientKey: randomUUID(),
        content: `good ${index}`,
      })
      await nodes[0]!.messages.send({ ...good(0), clientKey: used })
      const answers = await Promise.all(
        kinds.map((kind, index) => {
          const message = good(index)
          const row = kind
            ? { ...message, ...bad[kind].row({ used, stranger: stranger.id }) }
            : message
          return nodes[0]!.messages.send(row).then(
            ({ outcome }) => outcome as string,
            (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
          )
        }),
      )
      expect(answers).toEqual(kinds.map((kind) => (kind ? bad[kind].answer : 'stored')))
      for (const room of rooms) expectOneLine(await tablesOf(nodes[0]!.pool, room))
    }
    await fc.assert(fc.asyncProperty(rows, holds), { numRuns: 40 })
  })
})

interface Given {
  used: string
  stranger: UserId
}

const bad = {
  'a NUL': { row: () => ({ content: 'a NUL \0 in it' }), answer: 'invalidInput' },
  'no text': { row: () => ({ content: '' }), answer: 'invalidInput' },
  'too much text': { row: () => ({ content: 'x'.repeat(10_001) }), answer: 'invalidInput' },
  'a conversation beyond 2^63': {
    row: () => ({ conversationId: 2 ** 63 }),
    answer: 'invalidInput',
  },
  'a user beyond 2^63': { row: () => ({ userId: 2 ** 63 }), answer: 'invalidInput' },
  'a conversation that is no integer': {
    row: () => ({ conversationId: 1e300 }),
    answer: 'invalidInput',
  },
  'half a conversation': { row: () => ({ conversationId: 1.5 }), answer: 'invalidInput' },
  'a negative conversation': { row: () => ({ conversationId: -1 }), answer: 'refused' },
  'no conversation': { row: () => ({ conversationId: 2 ** 40 }), answer: 'refused' },
  'no user': { row: () => ({ userId: 2 ** 40 }), answer: 'refused' },
  'a key that is none': { row: () => ({ clientKey: 'not a key' }), answer: 'invalidInput' },
  'a stranger': { row: ({ stranger }: Given) => ({ userId: stranger }), answer: 'refused' },
  'a used key': {
    row: ({ used }: Given) => ({ clientKey: used, content: 'other' }),
    answer: 'conflict',
  },
} satisfies Record<string, { row(given: Given): Partial<NewMessage>; answer: string }>

type BadKind = keyof typeof bad
const badKinds = fc.constantFrom(...(Object.keys(bad) as BadKind[]))

/** Clients that read along: `stayed` all the time, `left` are where they were at some time on the way. */
async function follow(world: World, pageSize: () => number, busy: () => boolean) {
  const node = world.nodes[1]!
  const stayed = world.rooms.map((room) => new Copy(room))
  const left: Copy[] = []
  while (busy()) {
    const asked = stayed.map(({ room, seq }) => ({ conversationId: room, after: seq }))
    const stretches = await node.changes.after(asked, pageSize())
    for (const [index, copy] of stayed.entries()) {
      for (const change of stretches[index]!.changes) copy.apply(change)
      if (left.length < 30) left.push(copy.clone())
    }
  }
  return { stayed, left }
}

/** Clients that left at these numbers, and one that loads a page first. */
async function partial(node: Database, whole: Copy, numbers: number[]): Promise<Copy[]> {
  const [stretch] = await node.changes.after([{ conversationId: whole.room, after: 0 }], 10_000)
  const copies = numbers.map((number) => {
    const copy = new Copy(whole.room)
    for (const change of stretch!.changes.slice(0, number % (whole.seq + 1))) copy.apply(change)
    return copy
  })
  const loaded = copies[0]!.clone()
  const page = await node.messages.page(whole.room, { limit: 1_000 })
  for (const message of page.messages) loaded.keep(message)
  return [...copies, loaded]
}

function expectOneLine({ lastSeq, lastOrdinal, messages, changes }: Tables): void {
  const numbers = [...messages, ...changes].map(({ seq }) => seq).sort((a, b) => a - b)
  expect(numbers).toEqual(upTo(lastSeq))
  expect(messages.map(({ ordinal }) => ordinal)).toEqual(upTo(lastOrdinal))
  const keys = messages.map((message) => `${message.user_id} ${message.client_key}`)
  expect(new Set(keys).size).toBe(keys.length)
  for (const { id, seq, version } of messages) {
    const own = changes.filter((change) => change.message_id === id).map((change) => change.seq)
    expect(version).toBe(Math.max(seq, ...own))
  }
}

const peopleOf = ({ users, names }: World) => ({
  names: new Map(users.map((id, index) => [id, names[index]!])),
})

const wentBack = ({ deeds }: World, room: number, user: UserId): boolean =>
  deeds.some((deed) => deed.kind === 'unread' && deed.room === room && deed.user === user)

function expectModel(world: World, room: number, tables: Tables): void {
  const { faults, last } = replay(room, world.deeds, peopleOf(world))
  expect(faults).toEqual([])
  expect(tables.members).toEqual([...last.members].sort(([a], [b]) => a - b))
  expect(tables.memberCount).toBe(last.members.size)
  const messages = tables.messages.map(
    ({
      user_id: user,
      client_key: key,
      reply_to: replyTo,
      mentions_all: mentionsAll,
      ...rest
    }) => ({
      ...{ ...rest, user, key, replyTo, mentionsAll },
    }),
  )
  expect(messages).toEqual([...last.messages.values()])
}

async function expectUnread(world: World, room: number, tables: Tables): Promise<void> {
  const { lastRead } = replay(room, world.deeds, peopleOf(world))
  for (const [user] of tables.members) {
    const read = tables.reads.find(({ user_id }) => user_id === user)?.last_read_ordinal
    const furthest = lastRead.get(user) ?? 0
    if (wentBack(world, room, user)) expect(read ?? 0).toBeLessThanOrEqual(furthest)
    else expect(read ?? 0).toBe(furthest)
    const unread = tables.messages.filter((each) => each.ordinal > (read ?? 0) && !each.deleted)
    const mentions = unread.filter(
      (each) => each.user_id !== user && (each.mentions_all || each.mentions.includes(user)),
    )
    const { conversations } = await world.nodes[0]!.conversations.summaries(user, [room])
    const counts = { unread: unread.length, mentions: mentions.length }
    expect(conversations[0]).toMatchObject(counts)
    const places = [{ conversationId: room, userId: user }]
    expect((await world.nodes[1]!.reads.standings(places))[0]).toMatchObject(counts)
  }
}

/**
 * What others see of positions never goes back, one's own only by marking as unread; a position
 * belongs to its rev, revs grow, and nobody has read what did not reach them.
 */
function expectForward(world: World, room: number, { lastSeq }: Tables): void {
  const answers = world.deeds.flatMap((deed) =>
    (deed.kind === 'read' || deed.kind === 'unread') && deed.room === room && deed.answer
      ? [{ ...deed, ...deed.answer }]
      : [],
  )
  for (const later of answers) {
    expect(later.lastReadSeq).toBeLessThanOrEqual(later.seenSeq)
    expect(later.seenSeq).toBeLessThanOrEqual(later.lastDeliveredSeq)
    expect(later.lastDeliveredSeq).toBeLessThanOrEqual(lastSeq)
    for (const earlier of answers) {
      if (earlier.user !== later.user) continue
      if (earlier.rev === later.rev) expect(earlier.lastReadSeq).toBe(later.lastReadSeq)
      if (earlier.ended > later.began) continue
      expect(earlier.rev).toBeLessThanOrEqual(later.rev)
      expect(earlier.seenSeq).toBeLessThanOrEqual(later.seenSeq)
      expect(earlier.lastDeliveredSeq).toBeLessThanOrEqual(later.lastDeliveredSeq)
      if (wentBack(world, room, later.user)) continue
      expect(earlier.lastReadSeq).toBeLessThanOrEqual(later.lastReadSeq)
      expect(earlier.lastReadOrdinal).toBeLessThanOrEqual(later.lastReadOrdinal)
    }
  }
}

function expectSame(copy: Copy, tables: Tables): void {
  const { seq, messages, members } = copy.contents
  expect(seq).toBe(tables.lastSeq)
  expect(members).toEqual(tables.members)
  expect(
    messages.map((each) => ({
      id: each.id,
      seq: each.seq,
      ordinal: each.ordinal,
      version: each.version,
      user_id: each.user.id,
      client_key: each.clientKey,
      content: each.content,
      edited: each.editedAt !== null,
      deleted: each.deletedAt !== null,
      reply_to: each.replyTo,
      mentions: each.mentions,
      mentions_all: each.mentionsAll,
      reactions: reactionsOf(each),
      pinned: each.pinnedAt !== null,
    })),
  ).toEqual(tables.messages.map((row) => ({ ...row, reactions: row.reactions.toSorted() })))
}

/** Their order is that of the emojis, and of the people under each. */
const reactionsOf = ({ reactions }: Message): string[] =>
  reactions.flatMap(({ emoji, users }) => users.map(({ id }) => `${emoji} ${id}`)).toSorted()
