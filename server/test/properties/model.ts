/**
 * The rules of one line, written a second time and simply: replays what was stored in the order of
 * its numbers, and judges whether every answer could have been given at some number between the last
 * one answered before it was asked and the first one asked after it was answered.
 */
import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { MemberRole } from '@parley/protocol/resources'
import type { Deed } from './actions.ts'

export interface ModelMessage {
  id: MessageId
  user: UserId
  key: string
  seq: Seq
  ordinal: number
  version: Seq
  content: string
  edited: boolean
  deleted: boolean
  replyTo: MessageId | null
  mentions: UserId[]
  mentionsAll: boolean
  /** `emoji user`, in the order in which they came. */
  reactions: string[]
  pinned: boolean
}

interface State {
  /** In the order they came. */
  members: Map<UserId, MemberRole>
  archived: boolean
  messages: Map<MessageId, ModelMessage>
  edits: { user: UserId; key: string; message: MessageId; seq: Seq; content: string }[]
}

export interface Replay {
  /** What is wrong: empty where every answer has its place. */
  faults: string[]
  last: State
  /** The newest message each user has read or was there for. */
  lastRead: Map<UserId, number>
}

type DeedOf<Kind extends Deed['kind']> = Extract<Deed, { kind: Kind }>

/** What people are called. */
interface People {
  names: ReadonlyMap<UserId, string>
}

export function replay(room: ConversationId, all: Deed[], people: People): Replay {
  const deeds = all.filter((deed) => deed.room === room)
  const faults: string[] = []
  const stored = new Map<Seq, Deed>()
  for (const deed of deeds)
    for (const seq of numbersOf(deed)) {
      if (stored.has(seq)) faults.push(`${seq} was given twice`)
      stored.set(seq, deed)
    }
  const states: State[] = [{ members: new Map(), archived: false, messages: new Map(), edits: [] }]
  for (let seq = 1; seq <= stored.size; seq++) {
    const deed = stored.get(seq)
    if (!deed) {
      faults.push(`${seq} was not given`)
      break
    }
    const before = states[seq - 1]!
    if (!mayBeStored(deed, before, all, seq))
      faults.push(`${seq}: ${JSON.stringify(deed)} was stored`)
    states.push(after(before, deed, seq, people))
  }
  const windowOf = windows(deeds, states.length - 1)
  for (const deed of deeds) {
    const { from, to } = windowOf(deed)
    const numbers = numbersOf(deed)
    const inOrder = numbers.every((seq) => from < seq && seq <= to)
    const possible = states.slice(from, to + 1)
    const explained = numbers.length > 0 || possible.some((state) => explains(deed, state, all))
    if (!inOrder || !explained)
      faults.push(`not possible from ${from} to ${to}: ${JSON.stringify(deed)}`)
  }
  return { faults, last: states.at(-1)!, lastRead: lastReadOf(deeds, states.at(-1)!) }
}

function numbersOf(deed: Deed): Seq[] {
  if (deed.kind === 'create') return deed.users.map((_, index) => index + 1)
  if (deed.kind === 'read' || deed.kind === 'unread' || deed.answer.outcome !== 'stored') return []
  const { seq } = deed.answer
  return deed.kind === 'leave' && deed.answer.successor ? [seq, seq + 1] : [seq]
}

function windows(deeds: Deed[], end: Seq) {
  const numbered = deeds.flatMap((deed) =>
    numbersOf(deed).map((seq) => ({ seq, began: deed.began, ended: deed.ended })),
  )
  return ({ began, ended }: Deed) => {
    const earlier = numbered.filter((each) => each.ended < began).map(({ seq }) => seq)
    const later = numbered.filter((each) => each.began > ended).map(({ seq }) => seq)
    return { from: Math.max(0, ...earlier), to: Math.min(end, ...later.map((seq) => seq - 1)) }
  }
}

const withKey = ({ messages }: State, { user, key }: DeedOf<'send'>): ModelMessage | undefined =>
  [...messages.values()].find((each) => each.user === user && each.key === key)

/** Stored under this key in another room: surely before the send began, or perhaps meanwhile. */
function usedElsewhere(send: DeedOf<'send'>, all: Deed[]): { surely: boolean; perhaps: boolean } {
  const others = all.filter(
    (each) =>
      each.kind === 'send' &&
      each.user === send.user &&
      each.key === send.key &&
      each.room !== send.room &&
      each.answer.outcome === 'stored',
  )
  return {
    surely: others.some(({ ended }) => ended < send.began),
    perhaps: others.some(({ began }) => began < send.ended),
  }
}

const earlierEdit = ({ edits }: State, { user, key }: DeedOf<'edit'>) =>
  edits.find((each) => each.key === key && each.user === user)

const isQuotable = ({ messages }: State, { replyTo }: DeedOf<'send'>): boolean =>
  replyTo === undefined || messages.has(replyTo)

const mayTouch = (
  { members, archived, messages }: State,
  { user, message }: DeedOf<'react' | 'pin'>,
): boolean => members.has(user) && !archived && messages.get(message)?.deleted === false

/** Whoever is owner after an owner left: an admin, else anybody, the longest-serving first. */
function successorIn({ members }: State): UserId | undefined {
  const roles = [...members]
  if (roles.some(([, role]) => role === 'owner')) return undefined
  return (roles.find(([, role]) => role === 'admin') ?? roles[0])?.[0]
}

function mayRemove({ members }: State, { user, by }: DeedOf<'leave'>): boolean {
  const [actor, subject] = [members.get(by), members.get(user)]
  if (!actor || !subject) return false
  return user === by || actor === 'owner' || (actor === 'admin' && subject === 'member')
}

const isLastOwner = ({ members }: State, user: UserId): boolean =>
  members.get(user) === 'owner' &&
  [...members].every(([other, role]) => other === user || role !== 'owner')

const isInCharge = ({ members }: State, user: UserId): boolean =>
  members.has(user) && members.get(user) !== 'member'

function mayBeStored(deed: Deed, state: State, all: Deed[], seq: Seq): boolean {
  const { members, messages, archived } = state
  switch (deed.kind) {
    case 'send':
      return (
        members.has(deed.user) &&
        !archived &&
        isQuotable(state, deed) &&
        !withKey(state, deed) &&
        !usedElsewhere(deed, all).surely
      )
    case 'edit': {
      const message = messages.get(deed.message)
      return (
        members.has(deed.user) &&
        !archived &&
        !earlierEdit(state, deed) &&
        message !== undefined &&
        !message.deleted &&
        message.content !== deed.content
      )
    }
    case 'delete':
      return members.has(deed.user) && messages.get(deed.message)?.deleted === false
    case 'react': {
      const has = messages.get(deed.message)?.reactions.includes(`${deed.emoji} ${deed.user}`)
      return mayTouch(state, deed) && has !== deed.added
    }
    case 'pin':
      return mayTouch(state, deed) && messages.get(deed.message)!.pinned !== deed.pinned
    case 'join':
      return (deed.by === deed.user || members.has(deed.by)) && !members.has(deed.user)
    case 'leave': {
      const { successor } = deed.answer
      if (seq > deed.answer.seq) return successor?.id === successorIn(state)
      const isLast = isLastOwner(state, deed.user) && members.size > 1
      return mayRemove(state, deed) && isLast === (successor !== null)
    }
    case 'role': {
      const isOwner = members.get(deed.by) === 'owner'
      const changes = members.has(deed.user) && members.get(deed.user) !== deed.role
      return isOwner && changes && !isLastOwner(state, deed.user)
    }
    case 'archive':
      return isInCharge(state, deed.user) && deed.archived !== archived
    case 'create':
      return true
    case 'read':
    case 'unread':
      return false
  }
}

/** Whether an answer that stored nothing is right in this state. */
function explains(deed: Deed, state: State, all: Deed[]): boolean {
  switch (deed.kind) {
    case 'send':
      return explainsSend(deed, state, all)
    case 'edit':
      return explainsEdit(deed, state)
    case 'delete': {
      if (!state.members.has(deed.user)) return deed.answer.outcome === 'refused'
      return (
        deed.answer.outcome === 'unchanged' && state.messages.get(deed.message)?.deleted === true
      )
    }
    case 'react':
    case 'pin':
      return explainsTouch(deed, state)
    case 'join': {
      const allowed = deed.by === deed.user || state.members.has(deed.by)
      if (!allowed) return deed.answer.outcome === 'refused'
      return deed.answer.outcome === 'unchanged' && state.members.has(deed.user)
    }
    case 'leave':
      return deed.answer.outcome === 'refused' && !mayRemove(state, deed)
    case 'role': {
      const earlier = state.members.get(deed.user)
      if (!earlier || state.members.get(deed.by) !== 'owner')
        return deed.answer.outcome === 'refused'
      if (earlier === deed.role) return deed.answer.outcome === 'unchanged'
      return deed.answer.outcome === 'lastOwner' && isLastOwner(state, deed.user)
    }
    case 'archive': {
      if (!isInCharge(state, deed.user)) return deed.answer.outcome === 'refused'
      return deed.answer.outcome === 'unchanged' && deed.archived === state.archived
    }
    default:
      return true
  }
}

function explainsSend(deed: DeedOf<'send'>, state: State, all: Deed[]): boolean {
  const { answer, content, user } = deed
  const original = withKey(state, deed)
  const elsewhere = usedElsewhere(deed, all)
  if (original) {
    const same = original.content === content || original.edited || original.deleted
    return same && original.replyTo === (deed.replyTo ?? null)
      ? answer.outcome === 'known' && answer.id === original.id
      : answer.outcome === 'conflict'
  }
  if (answer.outcome === 'conflict') return elsewhere.perhaps
  if (elsewhere.surely) return false
  if (!state.members.has(user)) return answer.outcome === 'refused'
  if (state.archived) return answer.outcome === 'archived'
  return answer.outcome === 'unquotable' && !isQuotable(state, deed)
}

function explainsTouch(deed: DeedOf<'react' | 'pin'>, state: State): boolean {
  const { outcome } = deed.answer
  const message = state.messages.get(deed.message)
  if (!state.members.has(deed.user) || !message || message.deleted) return outcome === 'refused'
  if (state.archived) return outcome === 'archived'
  const isSo =
    deed.kind === 'pin'
      ? message.pinned === deed.pinned
      : message.reactions.includes(`${deed.emoji} ${deed.user}`) === deed.added
  return outcome === 'unchanged' && isSo
}

function explainsEdit(deed: DeedOf<'edit'>, state: State): boolean {
  const { outcome, seq } = deed.answer
  const earlier = earlierEdit(state, deed)
  const message = state.messages.get(deed.message)
  if (earlier) {
    const same = message?.deleted || earlier.content === deed.content
    const isKnown = earlier.message === deed.message && same
    return outcome === (isKnown ? 'known' : 'conflict') && seq === earlier.seq
  }
  if (!state.members.has(deed.user) || !message || message.deleted) return outcome === 'refused'
  if (state.archived) return outcome === 'archived'
  return outcome === 'unchanged' && message.content === deed.content
}

/** Whom a text of this author mentions: members of this moment. */
function mentionsIn(
  { members, messages }: State,
  { names }: People,
  { user, content, replyTo }: { user: UserId; content: string; replyTo: MessageId | null },
) {
  const named = [...names].flatMap(([id, name]) => (content.includes(`@${name}`) ? [id] : []))
  const quoted = replyTo === null ? [] : [messages.get(replyTo)!.user]
  const mentions = [...new Set([...named, ...quoted])].filter(
    (id) => members.has(id) && id !== user,
  )
  return { mentions: mentions.sort((a, b) => a - b), mentionsAll: content.includes('@all') }
}

function after(state: State, deed: Deed, seq: Seq, people: People): State {
  const members = new Map(state.members)
  let { archived } = state
  const messages = new Map(state.messages)
  const edits = [...state.edits]
  const change = (id: MessageId, to: Partial<ModelMessage>) =>
    messages.set(id, { ...messages.get(id)!, ...to, version: seq })
  switch (deed.kind) {
    case 'create':
      members.set(deed.users[seq - 1]!, seq === 1 ? 'owner' : 'member')
      break
    case 'join':
      members.set(deed.user, members.size === 0 ? 'owner' : 'member')
      break
    case 'leave':
      if (seq === deed.answer.seq) members.delete(deed.user)
      else members.set(deed.answer.successor!.id, 'owner')
      break
    case 'role':
      members.set(deed.user, deed.role)
      break
    case 'archive':
      archived = deed.archived
      break
    case 'send': {
      const { user, key, content, answer, replyTo = null } = deed
      const id = answer.outcome === 'stored' ? answer.id : 0
      const ordinal = messages.size + 1
      const fresh = { edited: false, deleted: false, version: seq, reactions: [], pinned: false }
      const mentions = mentionsIn(state, people, { user, content, replyTo })
      messages.set(id, { id, user, key, seq, ordinal, content, ...fresh, replyTo, ...mentions })
      break
    }
    case 'edit':
      change(deed.message, {
        ...{ content: deed.content, edited: true },
        ...mentionsIn(state, people, { ...messages.get(deed.message)!, content: deed.content }),
      })
      if (deed.key !== undefined)
        edits.push({
          ...{ user: deed.user, key: deed.key, message: deed.message },
          ...{ seq, content: deed.content },
        })
      break
    case 'delete':
      change(deed.message, {
        ...{ content: '', deleted: true, mentions: [], mentionsAll: false },
        ...{ reactions: [], pinned: false },
      })
      break
    case 'react': {
      const reaction = `${deed.emoji} ${deed.user}`
      const others = messages.get(deed.message)!.reactions.filter((each) => each !== reaction)
      change(deed.message, { reactions: deed.added ? [...others, reaction] : others })
      break
    }
    case 'pin':
      change(deed.message, { pinned: deed.pinned })
      break
    case 'read':
    case 'unread':
  }
  return { members, archived, messages, edits }
}

/** Own messages, what was marked as read, and what was there when somebody came count as read. */
function lastReadOf(deeds: Deed[], { messages }: State): Map<UserId, number> {
  const lastRead = new Map<UserId, number>()
  const raise = (user: UserId, ordinal: number) =>
    lastRead.set(user, Math.max(lastRead.get(user) ?? 0, ordinal))
  for (const message of messages.values()) raise(message.user, message.ordinal)
  for (const deed of deeds) {
    if (deed.kind === 'read' && deed.answer) raise(deed.user, deed.answer.lastReadOrdinal)
    if (deed.kind !== 'join' || deed.answer.outcome !== 'stored') continue
    const joinedAt = deed.answer.seq
    const there = [...messages.values()].filter(({ seq }) => seq < joinedAt)
    raise(deed.user, there.length)
  }
  return lastRead
}
