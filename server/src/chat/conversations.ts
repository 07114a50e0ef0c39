import { limits } from '@parley/protocol/limits'
import type { ConversationId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Conversation, User } from '@parley/protocol/resources'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { addMember, removeMember } from './members.ts'
import { mayChange, mayJoin, mayLeave, mayLookInto } from './policies.ts'

type ConversationHandlers = Pick<
  Handlers,
  | 'conversations.list'
  | 'conversations.create'
  | 'conversations.direct'
  | 'conversations.change'
  | 'conversations.prefer'
  | 'conversations.get'
  | 'conversations.join'
  | 'conversations.leave'
  | 'conversations.changes'
>

export const conversationHandlers = (db: Database, announce: Announce): ConversationHandlers => ({
  'conversations.list': async ({ user }, { scope, query, after, limit }) => {
    const ids =
      scope === 'mine'
        ? following(await db.conversations.idsOf(user.id), after)
        : await db.conversations.joinable(user.id, { query, after, limit: limit + 1 })
    const { conversations } = await db.conversations.summaries(user.id, ids.slice(0, limit))
    return { conversations, more: ids.length > limit }
  },

  'conversations.create': async ({ user }, { name, kind, userIds, clientKey }) => {
    const others = await othersOf(db, user.id, userIds)
    const memberIds = [user.id, ...others.map(({ id }) => id)]
    const { outcome, id } = await db.conversations.create({ name, kind, clientKey, memberIds })
    if (outcome === 'conflict')
      throw new Refusal('conflict', {
        field: 'clientKey',
        message: 'clientKey: was used for something else',
      })
    if (outcome === 'stored') for (const memberId of memberIds) announce.rightsChanged(memberId)
    // Who made it may have left it since.
    if (outcome === 'known') await accessTo(db.conversations, user.id, id, mayLookInto)
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.direct': async ({ user }, { userIds }) => {
    const others = await othersOf(db, user.id, userIds)
    if (others.length === 0)
      throw new Refusal('invalidInput', { field: 'userIds', message: 'userIds: names nobody else' })
    const { outcome, id } = await db.conversations.direct(user.id, [user, ...others])
    if (outcome === 'stored') for (const each of [user, ...others]) announce.rightsChanged(each.id)
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.change': async ({ user }, { id, ...wanted }) => {
    const access = await accessTo(db.conversations, user.id, id)
    if (!mayChange(access)) throw new Refusal('permissionDenied')
    const changed = await db.conversations.change(id, user.id, wanted)
    const { outcome, epoch, seq, at, name, topic, archivedAt } = changed
    if (outcome === 'refused') throw new Refusal('permissionDenied')
    if (outcome === 'stored') {
      const entry = { seq, at: at.toISOString(), actor: user }
      const now = { name, topic, archivedAt: archivedAt?.toISOString() ?? null }
      announce.change(id, { type: 'conversation.changed', ...entry, ...now }, epoch)
    }
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.prefer': async ({ user }, { id, ...wanted }) => {
    const preferred = await db.conversations.prefer(id, user.id, wanted)
    if (!preferred) throw new Refusal('notFound')
    announce.notice(user.id, {
      type: 'conversation.preferred',
      conversationId: id,
      ...preferred,
    })
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.get': async ({ user }, { id }) => {
    await accessTo(db.conversations, user.id, id, mayLookInto)
    const conversation = await summary(db, user.id, id)
    return { conversation, members: await db.members.list(id, { limit: limits.membersPerPage }) }
  },

  'conversations.join': async ({ user }, { id }) => {
    const access = await accessTo(db.conversations, user.id, id, mayJoin)
    await addMember(db, announce, { access, user, by: user })
    return { conversation: await summary(db, user.id, id) }
  },

  'conversations.leave': async ({ user }, { id }) => {
    const access = await accessTo(db.conversations, user.id, id)
    if (!mayLeave(access)) throw new Refusal('permissionDenied')
    await removeMember(db, announce, { access, user, by: user })
    return {}
  },

  'conversations.changes': async ({ user }, { id, after, epoch, limit }) => {
    await accessTo(db.conversations, user.id, id)
    const stretch = (await db.changes.after([{ conversationId: id, after }], limit))[0]
    if (!stretch) throw new Refusal('notFound')
    const { lastSeq, changes } = stretch
    const reset = (epoch && epoch !== stretch.epoch) || after > lastSeq
    return { epoch: stretch.epoch, changes: reset ? [] : changes, lastSeq, reset }
  },
})

/** All of them where `after` is not among them any more: said twice rather than left out. */
const following = (ids: ConversationId[], after: ConversationId | undefined): ConversationId[] =>
  after === undefined ? ids : ids.slice(ids.indexOf(after) + 1)

/** @throws Refusal `notFound` naming the first who is not there or cannot sign in */
async function othersOf(db: Database, me: UserId, userIds: UserId[]): Promise<User[]> {
  const others = [...new Set(userIds)].filter((id) => id !== me)
  const existing = new Map((await db.users.existing(others)).map((user) => [user.id, user]))
  const unknown = others.find((id) => !existing.has(id))
  if (unknown !== undefined)
    throw new Refusal('notFound', { field: 'userIds', message: `userIds: no user ${unknown}` })
  return others.map((id) => existing.get(id)!)
}

async function summary(db: Database, userId: UserId, id: ConversationId): Promise<Conversation> {
  const { conversations } = await db.conversations.summaries(userId, [id])
  if (!conversations[0]) throw new Refusal('notFound')
  return conversations[0]
}
