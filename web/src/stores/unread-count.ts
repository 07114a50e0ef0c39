import type { Change } from '@parley/protocol/changes'
import type { Seq, UserId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { OwnPosition } from '@parley/protocol/state'

/** What the server counted when the line ended at `said.lastSeq`, and what happened to that since. */
export interface Count {
  readonly said: OwnPosition
  /** In the order of the line; what is counted already is kept for a position counted earlier. */
  readonly events: readonly Event[]
}

interface Event {
  readonly seq: Seq
  readonly type: 'created' | 'edited' | 'deleted'
  /** The number of the message that it happened to. */
  readonly message: Seq
  readonly ordinal: number
  readonly mine: boolean
  readonly mentionsMe: boolean
}

export interface Counted extends OwnPosition {
  /** Which of them mention me cannot be told from here: the server has to be asked. */
  isGuess: boolean
}

/** Beyond this many events the oldest become part of what was said. */
const eventsMax = 500

export const startCount = (said: OwnPosition): Count => ({ said, events: [] })

/** A position that the server tells: the later move of it holds, and of one the later count. */
export function tell(count: Count, said: OwnPosition): Count {
  const known = count.said
  const isOlder = said.rev < known.rev || (said.rev === known.rev && said.lastSeq < known.lastSeq)
  return isOlder ? count : { ...count, said }
}

/** The next change of the line. */
export function follow(count: Count, change: Change, me: UserId): Count {
  if (!('message' in change)) return count
  const { seq, type, message } = change
  const kind = type.slice('message.'.length)
  if (kind !== 'created' && kind !== 'edited' && kind !== 'deleted') return count
  const event: Event = {
    ...{ seq, type: kind, message: message.seq, ordinal: message.ordinal },
    mine: message.user.id === me,
    mentionsMe: mentions(message, me),
  }
  const events = [...count.events, event]
  if (events.length <= eventsMax) return { ...count, events }
  const older = events.slice(0, eventsMax / 2)
  const { isGuess: _, ...said } = countOf({ ...count, events: older })
  return { said, events: events.slice(eventsMax / 2) }
}

const mentions = (message: Message, me: UserId): boolean =>
  message.mentionsAll || message.mentions.includes(me)

/** Where I stand now. */
export function countOf({ said, events }: Count): Counted {
  const position = { ...said }
  /** Unread messages after what was counted, and whether they mention me. */
  const arrived = new Map<Seq, boolean>()
  let isGuess = false
  for (const event of events) {
    if (event.seq <= said.lastSeq) continue
    position.lastSeq = event.seq
    if (event.message <= position.lastReadSeq) continue
    if (event.type === 'created' && event.mine) {
      Object.assign(position, { lastReadSeq: event.seq, lastReadOrdinal: event.ordinal })
      Object.assign(position, { unread: 0, mentions: 0 })
      arrived.clear()
      isGuess = false
    } else if (event.type === 'created') arrived.set(event.message, event.mentionsMe)
    else if (arrived.has(event.message)) {
      if (event.type === 'edited') arrived.set(event.message, event.mentionsMe)
      else arrived.delete(event.message)
    } else if (changeCounted(position, event)) isGuess = true
  }
  const toMe = [...arrived.values()].filter(Boolean).length
  return {
    ...position,
    unread: position.unread + arrived.size,
    mentions: position.mentions + toMe,
    isGuess,
  }
}

/**
 * Something happened to an unread message that the server had counted. It is not known whether that
 * one mentioned me, unless all of them did, or none. @returns whether the mentions are a guess now
 */
function changeCounted(position: OwnPosition, event: Event): boolean {
  const { unread, mentions: toMe } = position
  if (event.type === 'deleted') position.unread = Math.max(0, unread - 1)
  if (event.mine) return false
  const before = toMe === 0 ? false : toMe === unread ? true : undefined
  const after = event.type === 'edited' && event.mentionsMe
  if (before !== undefined) position.mentions += Number(after) - Number(before)
  position.mentions = Math.min(position.mentions, position.unread)
  return before === undefined
}
