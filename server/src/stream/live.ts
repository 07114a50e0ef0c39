import type { Logger } from '../logger.ts'
import type { Head, StreamedMessage } from '../database/stream-source.ts'
import type { RedisConnection } from '../delivery/redis-connection.ts'
import { appendArguments, unknown, type Filler, type Run, type StreamNames } from './appending.ts'
import { entryOf } from './entry.ts'

export interface NewStreamedMessage extends StreamedMessage {
  seq: number
}

interface LiveOptions {
  connection: RedisConnection
  names: StreamNames
  filler: Filler
  epoch: () => string
  log: Logger
}

export interface Live {
  /** Publishes and appends at the end of this turn. Never throws, never waits: the sweeper finds what is lost. */
  add(message: NewStreamedMessage): void
  flush(): void
  stop(): void
}

const unansweredMaxChars = 8 * 1024 * 1024
/** What another node stored just before is mostly on its way. */
const fillDelayMs = 30

type Target = Omit<Head, 'first'>
interface LiveRun extends Run {
  target: Target
}

export function createLive({ connection, names, filler, epoch, log }: LiveOptions): Live {
  let collected: { message: NewStreamedMessage; entry: string }[] = []
  let chars = 0
  const behind = new Map<number, Target>()
  let filling: NodeJS.Timeout | undefined

  function flush(): void {
    const batch = collected
    collected = []
    if (batch.length === 0 || !connection.ready) return
    const runs = runsOf(batch)
    const batchChars = batch.reduce((sum, { entry }) => sum + entry.length, 0)
    const pipeline = connection.client.pipeline()
    for (const run of runs) pipeline.eval(...appendArguments(names, epoch(), run))
    for (const { entry } of batch) pipeline.publish(names.live, entry)
    chars += batchChars
    void pipeline
      .exec()
      .then(
        (results) => {
          for (const [index, run] of runs.entries()) judge(run, results?.[index])
        },
        () => {},
      )
      .then(() => (chars -= batchChars))
  }

  function judge(run: LiveRun, result: [Error | null, unknown] | undefined): void {
    const reached = Number(result?.[0] ? unknown : result?.[1])
    if (reached >= run.target.last || !connection.ready) return
    const known = behind.get(run.conversationId)
    if (!known || known.last < run.target.last) behind.set(run.conversationId, run.target)
    filling ??= setTimeout(() => void fillBehind(), fillDelayMs).unref()
  }

  async function fillBehind(): Promise<void> {
    for (const target of behind.values()) {
      behind.delete(target.conversationId)
      try {
        await filler.fill(epoch(), target)
      } catch (error) {
        log.debug({ reason: (error as Error).message }, 'left a message to the sweeper')
      }
    }
    filling = undefined
  }

  return {
    add(message) {
      if (!connection.ready || chars > unansweredMaxChars) return
      collected.push({ message, entry: entryOf(message) })
      if (collected.length === 1) setImmediate(flush)
    },
    flush,
    stop: () => clearTimeout(filling),
  }
}

/** Per conversation, in the order of the line, cut where a number is missing. */
function runsOf(batch: { message: NewStreamedMessage; entry: string }[]): LiveRun[] {
  const runs: LiveRun[] = []
  const sorted = batch.toSorted(
    ({ message: one }, { message: other }) =>
      one.conversationId - other.conversationId || one.ordinal - other.ordinal,
  )
  for (const { message, entry } of sorted) {
    const { conversationId, ordinal, seq } = message
    const target = { conversationId, last: ordinal, lastSeq: seq }
    const run = runs.at(-1)
    if (run?.conversationId === conversationId && run.target.last + 1 === ordinal) {
      run.entries.push(entry)
      run.target = target
    } else runs.push({ conversationId, first: ordinal, entries: [entry], target })
  }
  return runs
}
