import type { Change } from '@parley/protocol/changes'
import type { Message } from '@parley/protocol/resources'

export interface SeenMessage {
  version: number
  content: string
  deleted: boolean
}

/** Identifies an entry of a line, so that what was seen compares with what is stored. */
export function entryOf(change: Change): string {
  if ('message' in change) return `${change.type} ${change.message.id}`
  return 'user' in change ? `${change.type} ${change.user.id}` : change.type
}

/** What one device has seen of one conversation, as the client library handed it over. */
export class SeenLine {
  epoch: string
  /** Everything after this number has to be seen. */
  startedAt: number
  highest: number
  /** Entries that came again. */
  duplicated = 0
  /** Entries that came after a later one. */
  outOfOrder = 0
  readonly messages = new Map<number, SeenMessage>()
  readonly #entries = new Map<number, string>()

  constructor(epoch: string, startedAt: number) {
    this.epoch = epoch
    this.startedAt = this.highest = startedAt
  }

  get count(): number {
    return this.#entries.size
  }

  take(change: Change): void {
    const { seq } = change
    if (seq <= this.startedAt || this.#entries.has(seq)) {
      this.duplicated++
      return
    }
    if (seq < this.highest) this.outOfOrder++
    this.highest = Math.max(this.highest, seq)
    this.#entries.set(seq, shared(entryOf(change)))
    if ('message' in change) this.#keep(change.message)
  }

  /** The numbering has a new name: what was seen before says nothing about what is stored now. */
  startAnew(epoch: string, startedAt: number): void {
    this.epoch = epoch
    this.startedAt = this.highest = startedAt
    this.#entries.clear()
    this.messages.clear()
  }

  entryAt(seq: number): string | undefined {
    return this.#entries.get(seq)
  }

  /** As a client does it: the copy with the higher version is the newer one. */
  #keep({ id, version, content, deletedAt }: Message): void {
    const known = this.messages.get(id)
    if (known && known.version >= version) return
    this.messages.set(id, { version, content, deleted: deletedAt !== null })
  }
}

/** Every device sees the same entries: one copy of each name is enough. */
const names = new Map<string, string>()
function shared(name: string): string {
  const known = names.get(name)
  if (known === undefined) names.set(name, name)
  return known ?? name
}
