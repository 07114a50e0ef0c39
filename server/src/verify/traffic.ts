import { randomUUID } from 'node:crypto'
import { newSend, type Action, type Door, type Send, type Sent } from './action.ts'
import type { Person } from './person.ts'

export interface TrafficPlan {
  /** Names this run in every text. */
  run: string
  /** Things done a second, over all people. */
  rate: number
  seconds: number
  /** How many of them are edits and deletions. */
  changesShare: number
}

const tickMs = 10
const deletionsShare = 1 / 4

/** People write at an even pace, whatever becomes of it. Resolves when the time is over. */
export function traffic(
  people: Person[],
  { run, rate, seconds, changesShare }: TrafficPlan,
  onSend: (sent: Sent) => void,
): Promise<void> {
  const startMs = performance.now()
  const total = Math.round(rate * seconds)
  let done = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startMs
      const due = Math.min(total, Math.floor((elapsedMs / 1_000) * rate))
      for (; done < due; done++) {
        const person = oneOf(people)!
        const action = (Math.random() < changesShare && aChange(run, person)) || aSend(run, person)
        if (action.kind === 'send') onSend(action.sent)
        person.do(action)
      }
      if (done < total) return
      clearInterval(timer)
      resolve()
    }, tickMs)
  })
}

export function aSend(
  run: string,
  person: Person,
  id = oneOf(person.conversationIds)!,
  door = aDoor(),
): Send {
  return { kind: 'send', sent: newSend(run, id, performance.now()), door }
}

/** Of one of the person's latest messages that are known to be stored and not deleted. */
function aChange(run: string, person: Person): Action | undefined {
  const written = person.written.get(oneOf(person.conversationIds)!)?.slice(-20) ?? []
  const sent = oneOf(written.filter(({ told, ending }) => told && !ending))
  if (!sent) return undefined
  if (Math.random() < deletionsShare) {
    sent.ending = true
    return { kind: 'delete', sent, door: aDoor() }
  }
  const clientKey = randomUUID()
  const content = `${run} ${sent.clientKey} edited ${clientKey}`
  return { kind: 'edit', sent, content, clientKey, door: aDoor() }
}

const aDoor = (): Door => (Math.random() < 0.5 ? 'http' : 'rpc')

const oneOf = <Item>(items: readonly Item[]): Item | undefined =>
  items[Math.floor(Math.random() * items.length)]
