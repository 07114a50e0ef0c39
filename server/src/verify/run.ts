import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationId, Seq } from '@parley/protocol/ids'
import type { Device } from './device.ts'
import { planOf, type Fault } from './faults.ts'
import { Judge, type StoredLine, type Verdict } from './judge.ts'
import { type Person, type Tally } from './person.ts'
import { aSend, traffic, type TrafficPlan } from './traffic.ts'
import type { Latencies } from './latencies.ts'

/** Everything a run works on: people who are connected, and what can be broken. */
export interface Stage {
  people: { person: Person; username: string }[]
  conversationIds: ConversationId[]
  faults: Fault[]
  /** Strikes once more at the end, when people write a last word and fall silent. */
  lastFault: Fault
  tally: Tally
  latencies: Latencies
  /** The truth: what the database holds now. */
  stored(conversationId: ConversationId): Promise<StoredLine>
  /** The end of each line, in the database. */
  tops(): Promise<ReadonlyMap<ConversationId, Seq>>
}

export interface Report extends Verdict {
  /** Every promise held, under every fault that was planned, with traffic. */
  kept: boolean
  seconds: number
  sent: number
  changed: number
  answered: number
  retries: number
  refused: Record<string, number>
  slowestAnswerMs: number
  resumed: number
  reread: number
  reloaded: number
  latencyMs: { p50: number; p95: number; p99: number }
  /** How often each fault struck. */
  faults: Record<string, number>
}

/** What a run tells while it goes on. */
export interface Listener {
  progress(now: { second: number; sent: number; stored: number; seen: number }): void
  fault(second: number, what: string): void
}

const drainMaxMs = 60_000
const settleMaxMs = 15_000
const storedShareMin = 0.9
const pollMs = 20

export async function run(stage: Stage, plan: TrafficPlan, listener: Listener): Promise<Report> {
  const startMs = performance.now()
  const second = () => (performance.now() - startMs) / 1_000
  const struck: Record<string, number> = Object.fromEntries(
    stage.faults.map(({ name }) => [name, 0]),
  )
  let sent = 0
  const progress = setInterval(() => {
    const { answered } = stage.tally
    listener.progress({ second: second(), sent, stored: answered, seen: stage.latencies.count })
  }, 1_000)
  try {
    const people = stage.people.map(({ person }) => person)
    const striking = strikeAll(stage.faults, plan.seconds, (fault, what) => {
      struck[fault.name]!++
      listener.fault(second(), what)
    })
    const writing = traffic(people, plan, (message) => {
      sent++
      stage.latencies.planned(message)
    })
    await Promise.all([writing, striking])
    await becomes(() => people.every(({ waiting }) => waiting === 0), drainMaxMs)
    sent += await lastWords(stage, plan.run)
    await settle(stage)
    for (const person of people) person.stop()
    const verdict = await judge(stage)
    return reportOf(stage, verdict, { sent, struck, seconds: second() })
  } finally {
    clearInterval(progress)
  }
}

async function strikeAll(
  faults: Fault[],
  seconds: number,
  onStruck: (fault: Fault, what: string) => void,
): Promise<void> {
  const startMs = performance.now()
  const striking = planOf(faults, seconds).map(async ({ atMs, fault }) => {
    await delay(Math.max(0, atMs - (performance.now() - startMs)))
    const what = await fault.strike()
    if (what !== undefined) onStruck(fault, what)
  })
  await Promise.all(striking)
}

/**
 * One message in each conversation while something is broken, and then silence: nothing that comes
 * later tells a receiver that it missed one. By HTTP: a receiver may be on the node of a WebSocket.
 */
async function lastWords(
  { people, conversationIds, lastFault, latencies }: Stage,
  run: string,
): Promise<number> {
  const striking = lastFault.strike()
  await delay(100)
  for (const id of conversationIds) {
    const author = people.find(({ person }) => person.conversationIds.includes(id))!
    const action = aSend(run, author.person, id, 'http')
    latencies.planned(action.sent)
    author.person.do(action)
  }
  await striking
  await becomes(() => people.every(({ person }) => person.waiting === 0), drainMaxMs)
  return conversationIds.length
}

/** Until every device is where the database is, or the time for it is over. */
async function settle(stage: Stage): Promise<void> {
  const { people } = stage
  const tops = await stage.tops()
  const isThere = (person: Person) =>
    person.conversationIds.every((id) => person.device.isAt(id, tops.get(id)!))
  await becomes(() => people.every(({ person }) => isThere(person)), settleMaxMs)
}

async function judge({ people, conversationIds, stored }: Stage): Promise<Verdict> {
  const judging = new Judge()
  for (const id of conversationIds) {
    const line = await stored(id)
    const members = people.filter(({ person }) => person.conversationIds.includes(id))
    judging.line(
      line,
      members.map(({ username, person }) => ({ username, written: person.written })),
    )
    for (const { username, person } of members)
      judging.device({ username, lines: person.device.lines }, line)
  }
  return judging.verdict
}

function reportOf(
  { people, tally, latencies }: Stage,
  verdict: Verdict,
  { sent, struck, seconds }: { sent: number; struck: Record<string, number>; seconds: number },
): Report {
  const sum = (of: (device: Device) => number) =>
    people.reduce((total, { person }) => total + of(person.device), 0)
  const isWhole = verdict.lost + verdict.duplicated + verdict.outOfOrder === 0
  // What was seen before a new numbering cannot be compared any more.
  const reloaded = sum((device) => device.reloaded)
  const isTried =
    verdict.stored >= sent * storedShareMin && !Object.values(struck).includes(0) && reloaded === 0
  return {
    kept: isWhole && isTried,
    seconds,
    sent,
    changed: tally.asked - sent,
    answered: tally.answered,
    retries: tally.retries,
    refused: Object.fromEntries(tally.refused),
    slowestAnswerMs: tally.slowestAnswerMs,
    ...verdict,
    resumed: sum(({ resumed }) => resumed),
    reread: sum(({ reread }) => reread),
    reloaded,
    latencyMs: latencies.percentiles(),
    faults: struck,
  }
}

async function becomes(condition: () => boolean, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > end) return false
    await delay(pollMs)
  }
  return true
}
