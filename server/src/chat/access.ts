import type { ConversationId, MessageId, UserId } from '@parley/protocol/ids'
import { Refusal } from '@parley/protocol/refusal'
import type { Message } from '@parley/protocol/resources'
import type { Access, Conversations } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { mayRead } from './policies.ts'

/**
 * How the user stands to the conversation, read now.
 * @throws Refusal `notFound`, the same for "absent" and for "not yours"
 */
export async function accessTo(
  conversations: Conversations,
  userId: UserId,
  id: ConversationId,
  may: (access: Access) => boolean = mayRead,
): Promise<Access> {
  const access = (await conversations.access(userId, [id])).get(id)
  if (!access || !may(access)) throw new Refusal('notFound')
  return access
}

/** A message in a conversation the user may read. @throws Refusal `notFound` */
export async function messageFor(
  { conversations, messages }: Database,
  userId: UserId,
  id: MessageId,
): Promise<{ message: Message; access: Access }> {
  const message = await messages.find(id)
  if (!message) throw new Refusal('notFound')
  const access = await accessTo(conversations, userId, message.conversationId)
  return { message, access }
}
