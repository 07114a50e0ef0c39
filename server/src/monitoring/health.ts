/** What a balancer or a supervisor asks a process: Kubernetes' names, `/livez` and `/readyz`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../logger.ts'

export const livePath = '/livez'
export const readyPath = '/readyz'

export interface Readiness {
  /** Whether new connections may be sent here. `degraded`: they may, and something is down. */
  status: 'ready' | 'degraded' | 'unready' | 'draining'
  database: 'up' | 'down'
  /** Absent on a single node. */
  bus?: 'up' | 'down'
}

export interface Health {
  readiness(): Promise<Readiness>
  /** From now on nothing new should come here. */
  drain(): void
}

interface Deps {
  /** Whether the database answers and has the tables of this version. */
  isDatabaseReady(): Promise<boolean>
  /** undefined on a single node */
  isBusUp(): boolean | undefined
  log: Logger
}

const freshMs = 1_000
const patienceMs = 2_000

/** Asks the database at most once a second, however often it is asked itself. */
export function createHealth({ isDatabaseReady, isBusUp, log }: Deps): Health {
  let draining = false
  let asked: { atMs: number; answer: Promise<boolean> } | undefined

  async function ask(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs)
    })
    try {
      return await Promise.race([isDatabaseReady(), late])
    } catch (error) {
      log.warn({ err: error }, 'not ready: the database does not answer')
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async readiness() {
      const now = performance.now()
      if (!asked || now - asked.atMs > freshMs) asked = { atMs: now, answer: ask() }
      const isUp = await asked.answer
      const bus = isBusUp()
      const works = isUp ? (bus === false ? 'degraded' : 'ready') : 'unready'
      return {
        status: draining ? 'draining' : works,
        database: isUp ? 'up' : 'down',
        ...(bus !== undefined && { bus: bus ? 'up' : 'down' }),
      }
    },
    drain() {
      draining = true
    },
  }
}

export const isReady = ({ status }: Readiness): boolean =>
  status === 'ready' || status === 'degraded'

/** Answers on a port that has no other pages. False: this is about something else. */
export function answerHealth(
  { readiness }: Health,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const answer = (status: number, body: object) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body))
  if (url === livePath) answer(200, { status: 'live' })
  else if (url === readyPath)
    void readiness().then((state) => answer(isReady(state) ? 200 : 503, state))
  else return false
  return true
}
