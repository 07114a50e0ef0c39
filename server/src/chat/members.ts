import { Refusal } from '@parley/protocol/refusal'
import type { User } from '@parley/protocol/resources'
import type { Access } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { accessTo } from './access.ts'
import type { Announce } from './announce.ts'
import type { Handlers } from './door.ts'
import { mayAddMembers, mayRemoveMembers } from './policies.ts'
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
): Promise<Date> {
  const role = 'member'
  const { outcome, epoch, seq, at } = await db.members.add(conversationId, user.id, by.id, role)
  if (outcome === 'refused') throw new Refusal('notFound')
  if (outcome === 'stored') {
    const entry = { seq, at: at.toISOString(), actor: by }
    announce.change(conversationId, { type: 'member.joined', ...entry, user, role }, epoch)
    if (isSmall(memberCount + 1)) announce.presence(conversationId, user.id)
    announce.rightsChanged(user.id)
  }
  return at
}

/** Somebody stops being a member. The entry that says so is the last one they are sent. */
export async function removeMember(
  db: Database,
  announce: Announce,
  { access: { conversationId }, user, by }: MemberChange,
): Promise<void> {
  const { outcome, epoch, seq, at } = await db.members.remove(conversationId, user.id, by.id)
  if (outcome === 'refused') throw new Refusal('notFound')
  const entry = { seq, at: at.toISOString(), actor: by }
  announce.change(conversationId, { type: 'member.left', ...entry, user }, epoch)
  announce.rightsChanged(user.id)
}

export const memberHandlers = (
  db: Database,
  announce: Announce,
): Pick<Handlers, 'members.add' | 'members.remove'> => ({
  'members.add': async (caller, { id, username }) => {
    const access = await accessTo(db.conversations, caller.user.id, id)
    if (!mayAddMembers(access)) throw new Refusal('permissionDenied')
    const user = await db.users.findByName(username)
    if (!user)
      throw new Refusal('notFound', { field: 'username', message: 'username: no such user' })
    const joinedAt = await addMember(db, announce, { access, user, by: caller.user })
    return { member: { user, role: 'member', joinedAt: joinedAt.toISOString() } }
  },

  'members.remove': async (caller, { id, userId }) => {
    const access = await accessTo(db.conversations, caller.user.id, id)
    if (!mayRemoveMembers(access)) throw new Refusal('permissionDenied')
    const user = await db.users.find(userId)
    if (!user) throw new Refusal('notFound')
    const { id: memberId, username } = user
    await removeMember(db, announce, { access, user: { id: memberId, username }, by: caller.user })
    return {}
  },
})
