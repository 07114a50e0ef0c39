/** A client's copy of one conversation: the smallest thing that applies changes as the protocol says. */
import type { Change } from '@parley/protocol/changes'
import type { ConversationId, MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { MemberRole, Message } from '@parley/protocol/resources'
import type { Database } from '../../src/database/database.ts'

export class Copy {
  readonly room: ConversationId
  seq: Seq = 0
  readonly messages = new Map<MessageId, Message>()
  readonly members = new Map<UserId, MemberRole>()

  constructor(room: ConversationId) {
    this.room = room
  }

  apply(change: Change): void {
    if (change.seq !== this.seq + 1) throw new Error(`${change.seq} came after ${this.seq}`)
    this.seq = change.seq
    if (change.type === 'member.joined') this.members.set(change.user.id, change.role)
    else if (change.type === 'member.left') this.members.delete(change.user.id)
    else if (change.type === 'member.changed') this.members.set(change.user.id, change.role)
    else if ('message' in change) this.keep(change.message)
  }

  /** The newer of what is here and what came. */
  keep(message: Message): void {
    const known = this.messages.get(message.id)
    if (known && known.version >= message.version) return
    this.messages.set(message.id, message)
    for (const [id, answer] of this.messages)
      if (answer.quote?.id === message.id)
        this.messages.set(id, { ...answer, quote: quoteOf(message) })
  }

  clone(): Copy {
    const copy = new Copy(this.room)
    copy.seq = this.seq
    for (const [id, message] of this.messages) copy.messages.set(id, message)
    for (const [id, role] of this.members) copy.members.set(id, role)
    return copy
  }

  /** Comparable: the order in which things came does not matter. */
  get contents() {
    return {
      seq: this.seq,
      messages: [...this.messages.values()].sort((a, b) => a.seq - b.seq),
      members: [...this.members].sort(([a], [b]) => a - b),
    }
  }
}

/** None of the texts here is longer than a quote may be. */
const quoteOf = ({ id, seq, user, content, deletedAt }: Message) => ({
  ...{ id, seq, user, content },
  deleted: deletedAt !== null,
})

/** Reads on in pages until every copy is at its line's end. */
export async function catchUp(
  { changes }: Database,
  copies: Copy[],
  pageSize: () => number,
): Promise<void> {
  let behind = copies
  while (behind.length > 0) {
    const asked = behind.map(({ room, seq }) => ({ conversationId: room, after: seq }))
    const stretches = await changes.after(asked, pageSize())
    for (const [index, copy] of behind.entries())
      for (const change of stretches[index]!.changes) copy.apply(change)
    behind = behind.filter((copy, index) => copy.seq < stretches[index]!.lastSeq)
  }
}
