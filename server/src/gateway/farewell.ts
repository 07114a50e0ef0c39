import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from './session.ts'

const perSecond = 500
const longestMs = 5_000
const stepMs = 50
/** What a session has asked for and not been answered yet is waited for this long. */
const answersMaxMs = 500
/** A client that does not answer the close frame is not waited for longer than this. */
const closingMaxMs = 2_000

/**
 * Ends all sessions with `shutdown`, in random order and spread over a time that grows with their
 * number: clients come back at once, and another node should not have to take them all in one instant.
 */
export async function endAll(sessions: ReadonlyMap<Session, unknown>): Promise<void> {
  const order = shuffled([...sessions.keys()])
  const steps = Math.ceil(Math.min(longestMs, (order.length / perSecond) * 1_000) / stepMs)
  const perStep = Math.ceil(order.length / Math.max(1, steps))
  const ending: Promise<void>[] = []
  for (let start = 0; start < order.length; start += perStep) {
    if (start > 0) await delay(stepMs * (0.5 + Math.random()))
    for (const session of order.slice(start, start + perStep)) ending.push(end(session))
  }
  await Promise.all(ending)
  const deadlineMs = Date.now() + closingMaxMs
  while (sessions.size > 0 && Date.now() < deadlineMs) await delay(10)
}

async function end(session: Session): Promise<void> {
  session.pauseReading()
  const deadlineMs = Date.now() + answersMaxMs
  while (session.inFlight > 0 && !session.closed && Date.now() < deadlineMs) await delay(5)
  session.close('shutdown')
}

function shuffled<Item>(items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
  return items
}
