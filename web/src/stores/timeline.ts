import type { Change } from '@parley/protocol/changes'
import type { Seq } from '@parley/protocol/ids'
import { limits } from '@parley/protocol/limits'
import type { Message } from '@parley/protocol/resources'

/**
 * What is known of one conversation's messages. Every function returns a new value and may be given
 * the same news twice, in any order: the copy with the higher version stays.
 */
export interface Timeline {
  /** Ascending by seq. Before `from` they have holes and are kept only for their versions. */
  readonly known: readonly Message[]
  /** The window that has no holes begins here; Infinity before the first page. */
  readonly from: Seq
  /** Older messages exist before the window. */
  readonly more: boolean
  /** Every change up to this number has been applied. */
  readonly upTo: Seq
  /** Numbers applied beyond a hole after `upTo`. */
  readonly ahead: readonly Seq[]
  /** A stretch before the window that is looked at instead of it; it has no holes either. */
  readonly visit?: Visit | undefined
}

interface Visit {
  readonly from: Seq
  readonly to: Seq
  readonly more: boolean
}

interface Page {
  messages: readonly Message[]
  more: boolean
  /** The line's end when it was read. */
  lastSeq: Seq
}

export const emptyTimeline: Timeline = { known: [], from: Infinity, more: true, upTo: 0, ahead: [] }

export const isLoaded = (timeline: Timeline): boolean => timeline.from !== Infinity

/** Changes are missing between the last one in order and one that arrived. */
export const hasGap = (timeline: Timeline): boolean => timeline.ahead.length > 0

/** The messages to show. */
export function windowOf(timeline: Timeline): readonly Message[] {
  const { visit } = timeline
  if (visit) return timeline.known.filter(({ seq }) => seq >= visit.from && seq <= visit.to)
  const start = timeline.known.findIndex((message) => message.seq >= timeline.from)
  return start < 0 ? [] : timeline.known.slice(start)
}

export function applyChange(timeline: Timeline, change: Change): Timeline {
  const merged = 'message' in change ? mergeMessage(timeline, change.message) : timeline
  return advance(merged, merged.upTo, [...merged.ahead, change.seq])
}

/** The answer of `conversations.changes`, for a caller that asked for what follows `upTo`. */
export function applyChanges(
  timeline: Timeline,
  page: { changes: readonly Change[]; lastSeq: Seq },
): Timeline {
  const applied = page.changes.reduce(applyChange, timeline)
  return page.changes.length === 0 ? advance(applied, page.lastSeq, applied.ahead) : applied
}

/** The newest page: the window now begins with it. */
export function applyNewestPage(timeline: Timeline, page: Page): Timeline {
  const merged = page.messages.reduce(mergeMessage, timeline)
  const window = { from: startOf(page), more: page.more }
  return meet(advance({ ...merged, ...window }, page.lastSeq, merged.ahead))
}

/** A page that was asked for with `before` the window's first message. */
export function applyOlderPage(timeline: Timeline, page: Omit<Page, 'lastSeq'>): Timeline {
  const merged = page.messages.reduce(mergeMessage, timeline)
  const { visit } = merged
  const from = Math.min(startOfShown(merged).from, startOf(page))
  if (visit) return { ...merged, visit: { ...visit, from, more: page.more } }
  return { ...merged, from, more: page.more }
}

/** Where messages are shown from, and whether there are older ones. */
export const startOfShown = ({ visit, from, more }: Timeline): { from: Seq; more: boolean } =>
  visit ?? { from, more }

/** A page from the middle of the line: shown instead of the window until they meet. */
export function applyVisit(timeline: Timeline, page: Page & { newer: boolean }): Timeline {
  const merged = page.messages.reduce(mergeMessage, timeline)
  const last = page.newer ? (page.messages.at(-1)?.seq ?? 0) : page.lastSeq
  return meet({ ...merged, visit: { from: startOf(page), to: last, more: page.more } })
}

/** A page that was asked for with `after` the last message of the visit. */
export function applyNewerPage(timeline: Timeline, page: Page): Timeline {
  const { visit } = timeline
  if (!visit) return timeline
  const merged = page.messages.reduce(mergeMessage, timeline)
  const to = page.more ? (page.messages.at(-1)?.seq ?? visit.to) : page.lastSeq
  return meet({ ...merged, visit: { ...visit, to } })
}

export const endVisit = (timeline: Timeline): Timeline => ({ ...timeline, visit: undefined })

/** Has reached the window: from here on it is one. */
function meet(timeline: Timeline): Timeline {
  const { visit } = timeline
  if (!visit || !isLoaded(timeline) || visit.to < timeline.from) return timeline
  const { from, more } = visit.from < timeline.from ? visit : timeline
  return { ...timeline, from, more, visit: undefined }
}

/** A message from a reply; its number is applied when the change itself arrives. */
export function mergeMessage(timeline: Timeline, message: Message): Timeline {
  const { known } = timeline
  let at = known.length
  while (at > 0 && known[at - 1]!.seq > message.seq) at--
  const present = known[at - 1]
  if (present?.seq === message.seq && present.version >= message.version) return timeline
  const answer = message.quote ? quotingAnew(message, known) : message
  const next =
    present?.seq === message.seq ? known.with(at - 1, answer) : known.toSpliced(at, 0, answer)
  return { ...timeline, known: requote(next, message) }
}

/** What a message says now, in the answers to it: it is no change of theirs. */
function requote(known: readonly Message[], original: Message): readonly Message[] {
  const hasChanged = original.editedAt !== null || original.deletedAt !== null
  if (!hasChanged || !known.some(({ quote }) => quote?.id === original.id)) return known
  return known.map((message) =>
    message.quote?.id === original.id ? quoting(message, original) : message,
  )
}

/** An answer that was read before a change of what it quotes may come after that. */
function quotingAnew(answer: Message, known: readonly Message[]): Message {
  const original = known.find(({ id }) => id === answer.quote!.id)
  return original ? quoting(answer, original) : answer
}

function quoting(answer: Message, { content, deletedAt }: Message): Message {
  const start = [...content].slice(0, limits.quoteMaxChars).join('')
  const quote = { ...answer.quote!, content: start, deleted: deletedAt !== null }
  return { ...answer, quote }
}

/** Forgets all but the newest messages, for a conversation nobody looks at. */
export function trim(timeline: Timeline, keep: number): Timeline {
  const first = windowOf(timeline).at(-keep)
  if (!first || first.seq <= timeline.from) return timeline
  const known = timeline.known.filter((message) => message.seq >= first.seq)
  return { ...timeline, known, from: first.seq, more: true }
}

const startOf = (page: { messages: readonly Message[]; more: boolean }): Seq =>
  page.more ? (page.messages[0]?.seq ?? 0) : 0

function advance(timeline: Timeline, reached: Seq, ahead: readonly Seq[]): Timeline {
  let upTo = Math.max(timeline.upTo, reached)
  const waiting = [...new Set(ahead)].toSorted((a, b) => a - b)
  while (waiting[0] !== undefined && waiting[0] <= upTo + 1) upTo = Math.max(upTo, waiting.shift()!)
  return { ...timeline, upTo, ahead: waiting }
}
