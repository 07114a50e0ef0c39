import type { MessageId, Seq, UserId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { Shown } from '../../stores/overlay.ts'
import { dayOf } from '../../times.ts'

/** One row of the timeline: a stored message or one on its way, and what stands above it. */
export interface Row {
  /** Stays the same when a message on its way becomes a stored one. */
  readonly key: string
  readonly message: Message | undefined
  /** On its way: the message itself, or my change of it. */
  readonly outgoing: Shown | undefined
  /** A time on the day to announce above, where a day begins. */
  readonly day: string | undefined
  /** The first message that was unread when the conversation was opened. */
  readonly fresh: boolean
  /** Shows author and time; the following rows of the same author do not. */
  readonly head: boolean
  /** The very first message: the conversation introduces itself above. */
  readonly first: boolean
}

interface Source {
  messages: readonly Message[]
  outgoing: readonly Shown[]
  /** What I changed and is not stored yet, by message. */
  changes?: ReadonlyMap<MessageId, Shown>
  more: boolean
  me: UserId | undefined
  /** Others' messages after this one count as new; undefined where none were unread. */
  readUpTo: Seq | undefined
}

interface Entry {
  author: UserId | undefined
  time: string
  key: string
  message?: Message
  outgoing?: Shown | undefined
}

const minuteChars = 'yyyy-mm-ddThh:mm'.length
const groupedWithinMs = 5 * 60_000

/**
 * While older messages exist, the oldest loaded one is left out: what stands above a row depends on
 * its predecessor, and no row may change its height when older ones arrive.
 */
export function buildRows(source: Source): Row[] {
  const { messages, outgoing, changes, more, me, readUpTo } = source
  const stored = messages.map((message) => storedEntry(message, me, changes?.get(message.id)))
  const known = new Set(stored.map(({ key }) => key))
  const waiting = outgoing.map((one) => outgoingEntry(one, me)).filter(({ key }) => !known.has(key))
  const entries = [...stored, ...waiting]
  const freshAt =
    readUpTo === undefined ? -1 : messages.findIndex((message) => message.seq > readUpTo)
  const rows = entries.map((entry, index) => {
    const previous = entries[index - 1]
    const fresh = index === freshAt
    const day = previous && isSameDay(previous.time, entry.time) ? undefined : entry.time
    return {
      key: entry.key,
      message: entry.message,
      outgoing: entry.outgoing,
      day,
      fresh,
      head: day !== undefined || fresh || !continues(previous!, entry),
      first: index === 0 && !more,
    }
  })
  return more && messages.length > 0 ? rows.slice(1) : rows
}

/** The same, with the rows of before where nothing about them changed: those are not drawn again. */
export function reuseRows(before: readonly Row[], now: readonly Row[]): readonly Row[] {
  const known = new Map(before.map((row) => [row.key, row]))
  return now.map((row) => {
    const same = known.get(row.key)
    return same && isSame(same, row) ? same : row
  })
}

const isSame = (a: Row, b: Row): boolean =>
  (Object.keys(a) as (keyof Row)[]).every((name) => a[name] === b[name])

function continues(previous: Entry, entry: Entry): boolean {
  if (previous.author !== entry.author) return false
  return Date.parse(entry.time) - Date.parse(previous.time) < groupedWithinMs
}

/** A minute is on one day in every time zone. */
const isSameDay = (a: string, b: string): boolean =>
  a.slice(0, minuteChars) === b.slice(0, minuteChars) || dayOf(a) === dayOf(b)

function storedEntry(message: Message, me: UserId | undefined, outgoing: Shown | undefined): Entry {
  const mine = message.user.id === me && message.clientKey !== ''
  const key = mine ? `mine:${message.clientKey}` : `message:${message.id}`
  return { author: message.user.id, time: message.createdAt, key, message, outgoing }
}

function outgoingEntry(outgoing: Shown, me: UserId | undefined): Entry {
  return { author: me, time: outgoing.createdAt, key: `mine:${outgoing.clientKey}`, outgoing }
}
