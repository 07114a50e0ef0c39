import { chatChannel, parseChannel } from '@parley/protocol/channels'
import type { ConversationId } from '@parley/protocol/ids'
import type { Database } from '../database/database.ts'
import type { History, Stretch } from '../delivery/history.ts'
import type { Position } from '../delivery/publication.ts'
import { changePublication } from './announce.ts'
import { batchPerTurn } from '../batch-per-turn.ts'
import { threadPublication } from './thread-shapes.ts'

/** The database as the past of chat's channels. Reads of one turn are one query. */
export function databaseHistory({
  changes,
  publicMessages,
  lineage,
}: Pick<Database, 'changes' | 'publicMessages' | 'lineage'>): History {
  const conversationIn = (channel: string): ConversationId => {
    const address = parseChannel(channel)
    if (address?.kind !== 'conversation') throw new Error(`cannot happen: ${channel} has no line`)
    return address.id
  }

  const topOf = batchPerTurn<ConversationId, Position>(async (ids) => {
    const { epoch, tops } = await changes.tops(ids)
    return ids.map((id) => ({ epoch, offset: tops.get(id) ?? 0 }))
  })

  type Read = { conversationId: ConversationId; after: number; limit: number }
  const afterOf = batchPerTurn<Read, Stretch>(async (reads) => {
    const limit = Math.max(...reads.map((read) => read.limit))
    const stretches = await changes.after(reads, limit)
    return Promise.all(
      stretches.map(async (stretch, index) => {
        const { conversationId, limit: wanted } = reads[index]!
        if (!stretch) return { top: { epoch: await changes.epoch(), offset: 0 }, publications: [] }
        const { epoch, lastSeq } = stretch
        return {
          top: { epoch, offset: lastSeq },
          publications: stretch.changes
            .slice(0, wanted)
            .map((change) => changePublication(conversationId, change, epoch)),
        }
      }),
    )
  })

  async function publicAfter(offset: number, limit: number): Promise<Stretch> {
    const { epoch, top, messages } = await publicMessages.after(offset, limit)
    return {
      top: { epoch, offset: top },
      publications: messages.map((message) => ({
        channel: chatChannel,
        position: { epoch, offset: message.id },
        data: threadPublication(message),
      })),
    }
  }

  return {
    kindOf(channel) {
      const kind = parseChannel(channel)?.kind
      return kind === 'conversation' ? 'line' : kind === 'chat' ? 'log' : 'plain'
    },
    top: async (channel) =>
      channel === chatChannel
        ? (await publicAfter(Number.MAX_SAFE_INTEGER, 1)).top
        : topOf(conversationIn(channel)),
    after: (channel, after, limit) =>
      channel === chatChannel
        ? publicAfter(after, limit)
        : afterOf({ conversationId: conversationIn(channel), after, limit }),
    wentBack: (epoch) => lineage.wentBack(epoch),
  }
}
