import { Refusal } from '@parley/protocol/refusal'
import { namedIn } from '@parley/protocol/mentions'
import type { Quote } from '@parley/protocol/resources'
import { epochColumn } from './epoch.ts'
import type { NewMessage, SendOutcome } from './messages.ts'
import type { Pool } from './pool.ts'

/** Rows of one call, over any conversations. */
const batchMax = 200
/** Messages waiting for one writer; beyond this a send is refused rather than kept. */
const waitingMax = 20_000

interface Waiting {
  message: NewMessage
  resolve(outcome: SendOutcome): void
  reject(error: unknown): void
}

interface Row {
  outcome: SendOutcome['outcome']
  epoch: string
  id: number
  seq: number
  ordinal: number
  created_at: Date
  name: string
  kind: 'public' | 'private' | 'direct'
  mentions: number[] | null
  mentions_all: boolean | null
  quote: Quote | null
}

/**
 * Collects sends while the previous call of the same writer is under way, and writes them with one
 * function call: no timer, and a lone message leaves at once. A conversation always has the same writer.
 */
export function createSendQueue(
  writers: Pool[],
  onBatch: (size: number) => void = () => {},
): (message: NewMessage) => Promise<SendOutcome> {
  const queues = writers.map((pool) => createWriter(pool, onBatch))
  // Whatever number it is, it has a writer: the database says what is wrong with it.
  const indexOf = (id: number) => Math.abs(Math.trunc(id)) % queues.length || 0
  return (message) => queues[indexOf(message.conversationId)]!(message)
}

function createWriter(
  pool: Pool,
  onBatch: (size: number) => void,
): (message: NewMessage) => Promise<SendOutcome> {
  let waiting: Waiting[] = []
  let writing = false

  async function run() {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      onBatch(batch.length)
      await write(pool, batch)
    }
    writing = false
  }

  return (message) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= waitingMax) {
        reject(new Refusal('unavailable'))
        return
      }
      waiting.push({ message, resolve, reject })
      if (!writing) void run()
    })
}

/** Settles every row of the batch; a row the database cannot take fails alone. */
async function write(pool: Pool, batch: Waiting[]): Promise<void> {
  try {
    const rows = await call(pool, batch)
    for (const [index, waiting] of batch.entries()) waiting.resolve(outcomeOf(rows[index]!))
  } catch (error) {
    if (isRowError(error) && batch.length > 1) {
      const half = Math.ceil(batch.length / 2)
      await write(pool, batch.slice(0, half))
      await write(pool, batch.slice(half))
      return
    }
    const answer = isRowError(error) ? new Refusal('invalidInput', { cause: error }) : error
    for (const waiting of batch) waiting.reject(answer)
  }
}

function call(pool: Pool, batch: Waiting[]): Promise<Row[]> {
  const named = batch.map(({ message }) => namedIn(message.content))
  const names = named.flatMap((each, index) =>
    each.names.map((name) => ({ ...name, ord: index + 1 })),
  )
  return pool.query<Row>({
    name: 'messages.send',
    text: `select outcome, ${epochColumn}, id, seq, ordinal, created_at, name, kind, mentions, mentions_all, quote
      from send_messages_2($1, $2, $3, $4, $5, $6, $7, $8, $9) order by ord`,
    values: [
      batch.map(({ message }) => message.conversationId),
      batch.map(({ message }) => message.userId),
      batch.map(({ message }) => message.clientKey),
      batch.map(({ message }) => message.content),
      batch.map(({ message }) => message.replyTo ?? null),
      named.map(({ everybody }) => everybody),
      names.map(({ ord }) => ord),
      names.map(({ place }) => place),
      names.map(({ key }) => key),
    ],
  })
}

function outcomeOf(row: Row): SendOutcome {
  const conversation = { name: row.name, kind: row.kind }
  if (row.outcome === 'known') return { outcome: 'known', id: row.id, conversation }
  if (row.outcome !== 'stored') return { outcome: row.outcome }
  return {
    outcome: 'stored',
    epoch: row.epoch,
    id: row.id,
    seq: row.seq,
    ordinal: row.ordinal,
    createdAt: row.created_at,
    mentions: row.mentions ?? [],
    mentionsAll: row.mentions_all ?? false,
    quote: row.quote,
    conversation,
  }
}

/** SQLSTATE classes 22 (data) and 23 (constraint): one row's own fault. */
const isRowError = (error: unknown): boolean =>
  error instanceof Error && /^2[23]/.test(String((error as { code?: unknown }).code))
