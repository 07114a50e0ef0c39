/** What people do in a run: generated, carried out concurrently on two nodes, and written down. */
import { randomUUID } from 'node:crypto'
import type { ConversationId, MessageId, UserId } from '@parley/protocol/ids'
import type { MemberRole } from '@parley/protocol/resources'
import fc from 'fast-check'
import type { Database } from '../../src/database/database.ts'
import type { RemovalOutcome, RoleOutcome } from '../../src/database/members.ts'
import type { ChangeOutcome, SendOutcome } from '../../src/database/messages.ts'
import type { Standing } from '../../src/database/reads.ts'
import { aConversation, aUser } from '../database.ts'

/** Users, rooms, keys and messages are numbers here; a world says which ones. */
export type Action =
  | {
      kind: 'send'
      user: number
      room: number
      key: number
      content: string
      /** A message of any room. */
      answers: number | undefined
    }
  | { kind: 'edit'; user: number; message: number; key: number | undefined; content: string }
  | { kind: 'delete'; user: number; message: number }
  | { kind: 'react'; user: number; message: number; emoji: string; added: boolean }
  | { kind: 'pin'; user: number; message: number; pinned: boolean }
  | { kind: 'unread'; user: number; room: number; seq: number }
  | { kind: 'join'; user: number; by: number; room: number }
  | { kind: 'leave'; user: number; by: number; room: number }
  | { kind: 'role'; user: number; by: number; room: number; role: MemberRole }
  | { kind: 'archive'; user: number; room: number; archived: boolean }
  /** What one node writes at once of how far several people have come. */
  | { kind: 'read'; places: Place[] }
  | { kind: 'create'; users: number[] }
  /** A send or an edit that somebody asked for, answered or not, is asked for once more. */
  | { kind: 'again'; request: number }

interface Place {
  user: number
  room: number
  read: number
  delivered: number
}

/** One client: what stands in one step is under way at the same time. */
export interface Script {
  node: number
  steps: Action[][]
}

const userCount = 4
const roomCount = 3
const user = fc.nat(userCount - 1)
const room = fc.nat(roomCount - 1)
/** Few keys and few texts: so that they come again. */
const key = fc.nat(11)
/** `@0` to `@3` name people. */
const content = fc.constantFrom('a', 'b', 'c', '@0', '@1 @2', '@3.', '@all')

const role = fc.constantFrom<MemberRole>('owner', 'admin', 'member')
/** Mostly open: so that something is written. */
const archived = fc.nat(3).map((number) => number === 0)

const reached = fc.oneof(fc.constant(0), fc.nat(60))
const places: fc.Arbitrary<Place[]> = fc.uniqueArray(
  fc.record({ user, room, read: reached, delivered: reached }),
  { minLength: 1, maxLength: 8, selector: (place) => `${place.user} ${place.room}` },
)

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      ...{ user, room, key, content },
      answers: fc.option(fc.nat(), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      user,
      message: fc.nat(),
      key: fc.option(fc.nat(3), { nil: undefined }),
      content,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), user, message: fc.nat() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('react' as const),
      ...{ user, message: fc.nat(), added: fc.boolean() },
      emoji: fc.constantFrom('👍', '🎉'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pin' as const),
      ...{ user, message: fc.nat(), pinned: fc.boolean() },
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('unread' as const),
      ...{ user, room, seq: fc.integer({ min: 1, max: 60 }) },
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('join' as const), user, by: user, room }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('leave' as const), user, by: user, room }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('role' as const), user, by: user, room, role }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('archive' as const), user, room, archived }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('read' as const), places }),
  },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('again' as const), request: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      users: fc.uniqueArray(user, { minLength: 1 }),
    }),
  },
)

export const scripts: fc.Arbitrary<Script[]> = fc.array(
  fc.record({
    node: fc.nat(1),
    steps: fc.array(fc.array(action, { minLength: 1, maxLength: 6, size: 'max' }), {
      minLength: 1,
      maxLength: 8,
      size: 'max',
    }),
  }),
  { minLength: 2, maxLength: 8, size: 'max' },
)

interface Times {
  /** Ticks of one clock: whatever ended before something else began came before it. */
  began: number
  ended: number
}

/** What was done, with the ids it was done with, and what was answered. */
export type Deed = Times & { room: ConversationId } & (
    | {
        kind: 'send'
        user: UserId
        key: string
        content: string
        replyTo: MessageId | undefined
        answer: SendOutcome
      }
    | {
        kind: 'edit'
        user: UserId
        key: string | undefined
        message: MessageId
        content: string
        answer: ChangeOutcome
      }
    | { kind: 'delete'; user: UserId; message: MessageId; answer: ChangeOutcome }
    | {
        kind: 'react'
        user: UserId
        message: MessageId
        emoji: string
        added: boolean
        answer: ChangeOutcome
      }
    | { kind: 'pin'; user: UserId; message: MessageId; pinned: boolean; answer: ChangeOutcome }
    | { kind: 'unread'; user: UserId; answer: Standing | undefined }
    | { kind: 'join'; user: UserId; by: UserId; answer: ChangeOutcome }
    | { kind: 'leave'; user: UserId; by: UserId; answer: RemovalOutcome }
    | { kind: 'role'; user: UserId; by: UserId; role: MemberRole; answer: RoleOutcome }
    | { kind: 'archive'; user: UserId; archived: boolean; answer: ChangeOutcome }
    | { kind: 'read'; user: UserId; answer: Standing | undefined }
    | { kind: 'create'; users: UserId[]; answer: 'stored' }
  )

type Answered<Each> = Each extends Deed ? Omit<Each, keyof Times> : never
type Request<Each> = Each extends { kind: 'send' | 'edit' }
  ? Omit<Each, keyof Times | 'answer'>
  : never

export interface World {
  nodes: Database[]
  users: UserId[]
  /** Of the users, in their order. */
  names: string[]
  /** With those that were opened on the way. */
  rooms: ConversationId[]
  /** Sends and edits, answered or not. */
  requests: Request<Deed>[]
  deeds: Deed[]
  /** Whatever failed instead of being answered, and why. */
  failures: string[]
}

/** New people and rooms in the database that the nodes share. */
export async function aWorld(nodes: Database[]): Promise<World> {
  const created = Array.from({ length: userCount }, () => aUser(nodes[0]!, randomUUID()))
  const people = await Promise.all(created)
  const users = people.map(({ id }) => id)
  const names = people.map(({ username }) => username)
  const world: World = { nodes, users, names, rooms: [], requests: [], deeds: [], failures: [] }
  // One of the four is in no room at first.
  for (let n = 0; n < roomCount; n++) await create(world, nodes[0]!, users.slice(0, 3))
  return world
}

/** Carries all scripts out at once. */
export async function perform(world: World, all: Script[]): Promise<void> {
  const keys = world.users.map(() => Array.from({ length: 12 }, () => randomUUID()))
  const play = async ({ node, steps }: Script) => {
    for (const step of steps)
      await Promise.all(step.map((each) => take(world, world.nodes[node]!, keys, each)))
  }
  await Promise.all(all.map(play))
}

async function take(world: World, db: Database, keys: string[][], action: Action): Promise<void> {
  try {
    await tryTo(world, db, keys, action)
  } catch (error) {
    const { cause = error } = error as Error
    world.failures.push(`${action.kind}: ${String(cause)}`)
  }
}

let clock = 0

async function tryTo(world: World, db: Database, keys: string[][], action: Action): Promise<void> {
  const { users, rooms } = world
  if (action.kind === 'create') {
    await create(
      world,
      db,
      action.users.map((each) => users[each]!),
    )
    return
  }
  if (action.kind === 'again') {
    const { requests } = world
    if (requests.length > 0) await ask(world, db, requests[action.request % requests.length]!)
    return
  }
  if (action.kind === 'read') {
    await read(world, db, action.places)
    return
  }
  const user = users[action.user]!
  if ('message' in action) {
    const target = aMessage(world, action.message)
    if (!target) return
    const { room, message } = target
    if (action.kind === 'react') {
      const { kind, emoji, added } = action
      const reacting = () => db.messages.react(message, user, emoji, added)
      const deed = { kind, room, user, message, emoji, added }
      await record(world, reacting, (answer) => ({ ...deed, answer }))
      return
    }
    if (action.kind === 'pin') {
      const { kind, pinned } = action
      const pinning = () => db.messages.pin(message, user, pinned)
      await record(world, pinning, (answer) => ({ kind, room, user, message, pinned, answer }))
      return
    }
    if (action.kind === 'delete') {
      const deleting = () => db.messages.delete(message, user)
      await record(world, deleting, (answer) => ({ kind: 'delete', room, user, message, answer }))
      return
    }
    const content = textOf(world, action.content)
    const key = action.key === undefined ? undefined : keys[action.user]![action.key]!
    await ask(world, db, { kind: 'edit', room, user, key, message, content })
    return
  }
  const room = rooms[action.room]!
  if (action.kind === 'send') {
    const content = textOf(world, action.content)
    const key = keys[action.user]![action.key]!
    const replyTo =
      action.answers === undefined ? undefined : aMessage(world, action.answers)?.message
    await ask(world, db, { kind: 'send', room, user, key, content, replyTo })
    return
  }
  if (action.kind === 'unread') {
    const { kind, seq } = action
    await record(
      world,
      () => setBack(db, room, user, seq),
      (answer) => ({ kind, room, user, answer }),
    )
    return
  }
  if (action.kind === 'archive') {
    const { kind, archived } = action
    const archiving = () => db.conversations.change(room, user, { archived })
    await record(world, archiving, (answer) => ({ kind, room, user, archived, answer }))
    return
  }
  await govern(world, db, room, user, action)
}

async function govern(
  world: World,
  { members }: Database,
  room: ConversationId,
  user: UserId,
  action: Extract<Action, { kind: 'join' | 'leave' | 'role' }>,
): Promise<void> {
  const by = world.users[action.by]!
  const { kind } = action
  if (kind === 'role') {
    const { role } = action
    const changing = () => members.changeRole(room, user, by, role)
    await record(world, changing, (answer) => ({ kind, room, user, by, role, answer }))
  } else if (kind === 'join') {
    const joining = () => members.add(room, user, by, 'member')
    await record(world, joining, (answer) => ({ kind, room, user, by, answer }))
  } else {
    const leaving = () => members.remove(room, user, by)
    await record(world, leaving, (answer) => ({ kind, room, user, by, answer }))
  }
}

const textOf = ({ names }: World, content: string): string =>
  content.replaceAll(/@(\d)/g, (_, number: string) => `@${names[Number(number)]}`)

async function setBack({ reads }: Database, conversationId: number, userId: number, seq: number) {
  await reads.setBack(conversationId, userId, seq)
  return (await reads.standings([{ conversationId, userId }]))[0]
}

function aMessage({ deeds }: World, number: number) {
  const sent = deeds.flatMap((each) =>
    each.kind === 'send' && each.answer.outcome === 'stored'
      ? [{ message: each.answer.id, room: each.room }]
      : [],
  )
  return sent[number % sent.length]
}

async function ask(world: World, db: Database, request: Request<Deed>): Promise<void> {
  world.requests.push(request)
  if (request.kind === 'edit') {
    const { message, user, key, content } = request
    const editing = () => db.messages.edit(message, user, key, content)
    await record(world, editing, (answer) => ({ ...request, answer }))
    return
  }
  const { room, user, key, content, replyTo } = request
  const message = { conversationId: room, userId: user, clientKey: key, content, replyTo }
  const sending = () => db.messages.send(message)
  await record(world, sending, (answer) => ({ ...request, answer }))
}

async function record<Answer>(
  { deeds }: World,
  work: () => Promise<Answer>,
  deedOf: (answer: Answer) => Answered<Deed>,
): Promise<void> {
  const began = ++clock
  const answer = await work()
  deeds.push({ ...deedOf(answer), began, ended: ++clock } as Deed)
}

async function create(world: World, db: Database, users: UserId[]): Promise<void> {
  const began = ++clock
  const room = await aConversation(db, users)
  world.rooms.push(room)
  world.deeds.push({ kind: 'create', room, users, answer: 'stored', began, ended: ++clock })
}

async function read({ users, rooms, deeds }: World, db: Database, places: Place[]): Promise<void> {
  const positions = places.map(({ user, room, read: seq, delivered }) => ({
    userId: users[user]!,
    conversationId: rooms[room]!,
    read: seq,
    delivered,
  }))
  const began = ++clock
  const answers = await db.reads.move(positions)
  const ended = ++clock
  for (const [index, { conversationId, userId }] of positions.entries()) {
    const answer = answers[index]
    deeds.push({ kind: 'read', room: conversationId, user: userId, answer, began, ended })
  }
}
