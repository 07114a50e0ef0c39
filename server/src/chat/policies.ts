import type { MemberRole, Message, User } from '@parley/protocol/resources'
import type { Access } from '../database/conversations.ts'

const isMember = ({ role }: Access): boolean => role !== null
const isPublic = ({ kind }: Access): boolean => kind === 'public'
const isOwner = ({ role }: Access): boolean => role === 'owner'
const isInCharge = ({ role }: Access): boolean => role === 'owner' || role === 'admin'
const isOpenEnded = ({ kind }: Access): boolean => kind !== 'direct'

/** A member reads, and that includes being on the conversation's channel. */
export const mayRead = isMember
export const mayPost = isMember
/** What a public conversation is can be seen before joining it. */
export const mayLookInto = (access: Access): boolean => isMember(access) || isPublic(access)
export const mayJoin = isPublic
export const mayLeave = (access: Access): boolean => isMember(access) && isOpenEnded(access)
export const mayAddMembers = (access: Access): boolean => isMember(access) && isOpenEnded(access)
/** An owner takes anybody out, an admin whoever is neither owner nor admin. */
export const mayRemove = (access: Access, role: MemberRole): boolean =>
  isOpenEnded(access) && (isOwner(access) || (isInCharge(access) && role === 'member'))
export const mayChangeRoles = (access: Access): boolean => isOwner(access) && isOpenEnded(access)
export const mayChange = (access: Access): boolean => isInCharge(access) && isOpenEnded(access)
export const mayEdit = (access: Access, message: Message, user: User): boolean =>
  isMember(access) && message.user.id === user.id
export const mayDelete = (access: Access, message: Message, user: User): boolean =>
  mayEdit(access, message, user) || isInCharge(access)
