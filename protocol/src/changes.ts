import { z } from 'zod'
import * as field from './fields.ts'
import { memberRole, message, user } from './resources.ts'

/**
 * What travels on `conversation:<id>`, live, in history and in `conversations.changes`: one entry for
 * every number of the conversation's line. Examples: docs/PROTOCOL.md, "Changes".
 *
 * Applying changes: keep, per message, the copy with the higher `version`. A change read later may
 * carry a message newer than the change itself (the content is what is stored now), never older.
 */
const entry = {
  /** This change's number; its predecessor has `seq - 1`. */
  seq: field.seq,
  at: field.timestamp,
  /** Who did it; for `message.created` the author. */
  actor: user,
}

export const change = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message.created'), ...entry, message }),
  z.object({ type: z.literal('message.edited'), ...entry, message }),
  z.object({ type: z.literal('message.deleted'), ...entry, message }),
  z.object({
    type: z.literal('message.reacted'),
    ...entry,
    emoji: z.string(),
    added: z.boolean(),
    message,
  }),
  z.object({ type: z.literal('message.pinned'), ...entry, pinned: z.boolean(), message }),
  z.object({ type: z.literal('member.joined'), ...entry, user, role: memberRole }),
  z.object({ type: z.literal('member.left'), ...entry, user }),
  z.object({ type: z.literal('member.changed'), ...entry, user, role: memberRole }),
  /** All three as they were then, whichever of them changed. */
  z.object({
    type: z.literal('conversation.changed'),
    ...entry,
    name: z.string(),
    topic: z.string(),
    archivedAt: field.timestamp.nullable(),
  }),
])

export type Change = z.infer<typeof change>
export type ChangeType = Change['type']
