import type { ConversationId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Member, User } from '@parley/protocol/resources'
import type { Access } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { mayAddMembers, mayChangeRoles, mayLookInto, mayRemove } from './policies.ts'
import { isSmall } from './states.ts'

interface MemberChange {
  access: Access
  user: User
  by: User
}

/** Somebody becomes a member; nothing happens where they are one. @throws Refusal `notFound` */
export async function addMember(
  db: Database,
  announce: Announce,
  { access: { conversationId, memberCount }, user, by }: MemberChange,
): Promise<Member> {
  const added = await db.members.add(conversationId, user.id, by.id, 'member')
  const { outcome, epoch, seq, at, role } = added
  if (outcome === 'refused') throw new Refusal('notFound')
  if (outcome === 'stored') {
    const entry = { seq, at: at.toISOString(), actor: by }
    announce.change(conversationId, { type: 'member.joined', ...entry, user, role }, epoch)
    if (isSmall(memberCount + 1)) announce.presence(conversationId, user.id)
    announce.rightsChanged(user.id)
  }
  return { user, role, joinedAt: at.toISOString() }
}

/** Somebody stops being a member. The entry that says so is the last one they are sent. */
export async function removeMember(
  db: Database,
  announce: Announce,
  { access: { conversationId }, user, by }: MemberChange,
): Promise<void> {
  const removed = await db.members.remove(conversationId, user.id, by.id)
  const { outcome, epoch, seq, at, successor } = removed
  if (outcome === 'refused') throw new Refusal('notFound')
  const entry = { seq, at: at.toISOString(), actor: by }
  announce.change(conversationId, { type: 'member.left', ...entry, user }, epoch)
  if (successor) {
    const next = { ...entry, seq: seq + 1, user: successor, role: 'owner' } as const
    announce.change(conversationId, { type: 'member.changed', ...next }, epoch)
  }
  announce.notice(user.id, { type: 'conversation.left', conversationId })
  announce.rightsChanged(user.id)
}

export const memberHandlers = (
  db: Database,
  announce: Announce,
): Pick<Handlers, 'members.list' | 'members.add' | 'members.remove' | 'members.change'> => ({
  'members.list': async (caller, { id, query, after, limit }) => {
    await accessTo(db.conversations, caller.user.id, id, mayLookInto)
    const members = await db.members.list(id, { query, after, limit: limit + 1 })
    return { members: members.slice(0, limit), more: members.length > limit }
  },

  'members.add': async (caller, { id, username }) => {
    const access = await accessTo(db.conversations, caller.user.id, id)
    if (!mayAddMembers(access)) throw new Refusal('permissionDenied')
    const user = await db.users.findByName(username)
    if (!user)
      throw new Refusal('notFound', { field: 'username', message: 'username: no such user' })
    return { member: await addMember(db, announce, { access, user, by: caller.user }) }
  },

  'members.remove': async (caller, { id, userId }) => {
    const access = await accessTo(db.conversations, caller.user.id, id)
    if (!mayRemove(access, 'member')) throw new Refusal('permissionDenied')
    const { user, role } = await memberOf(db, id, userId)
    if (!mayRemove(access, role)) throw new Refusal('permissionDenied')
    await removeMember(db, announce, { access, user, by: caller.user })
    return {}
  },

  'members.change': async ({ user: actor }, { id, userId, role }) => {
    const access = await accessTo(db.conversations, actor.id, id)
    if (!mayChangeRoles(access)) throw new Refusal('permissionDenied')
    const { outcome, epoch, seq, at } = await db.members.changeRole(id, userId, actor.id, role)
    if (outcome === 'refused') throw new Refusal('notFound')
    if (outcome === 'lastOwner')
      throw new Refusal('conflict', { field: 'role', message: 'role: somebody has to be owner' })
    const member = await memberOf(db, id, userId)
    if (outcome === 'stored') {
      const change = { seq, at: at.toISOString(), actor, user: member.user, role }
      announce.change(id, { type: 'member.changed', ...change }, epoch)
    }
    return { member }
  },
})

async function memberOf(db: Database, id: ConversationId, userId: UserId): Promise<Member> {
  const [member] = await db.members.list(id, { only: userId, limit: 1 })
  if (!member) throw new Refusal('notFound')
  return member
}
