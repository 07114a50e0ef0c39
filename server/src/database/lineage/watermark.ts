import { open, readFile, rename } from 'node:fs/promises'
import type { Logger } from '../../logger.ts'
import { laterMark, lsnOf, lsnText, type Mark } from './rule.ts'

/**
 * How far databases were seen to have come, kept outside of them: only that tells where one was put
 * back as a whole. A mark is never ahead of what its database had made durable. `database` is the
 * name it keeps when it is copied back: its server's identifier and its own name.
 */
export interface Watermark {
  read(database: string): Promise<Mark | undefined>
  /** Kept where it is later than the one there; `past`: the epochs that the mark's continues. */
  raise(database: string, mark: Mark, past: readonly string[]): Promise<void>
}

interface Stored {
  database: string
  epoch: string
  lsn: string
}

/** A small file, whole or not there; a damaged one counts as none. One process writes it. */
export function fileWatermark(path: string, log: Logger): Watermark {
  let kept: (Mark & { database: string }) | undefined
  const read = async (database: string): Promise<Mark | undefined> => {
    if (kept?.database === database) return kept
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    try {
      const stored = JSON.parse(text) as Stored
      if (stored.database !== database) return undefined
      return { epoch: stored.epoch, lsn: lsnOf(stored.lsn) }
    } catch (error) {
      log.warn({ err: error, path }, 'the mark of how far the database had come cannot be read')
      return undefined
    }
  }
  async function write(stored: Stored): Promise<void> {
    const draft = `${path}.new`
    const file = await open(draft, 'w')
    try {
      await file.writeFile(`${JSON.stringify(stored)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  }
  async function raise(database: string, mark: Mark, past: readonly string[]): Promise<void> {
    const known = await read(database)
    const later = laterMark(known, mark, past)
    if (known && later.epoch === known.epoch && later.lsn === known.lsn) return
    await write({ database, epoch: later.epoch, lsn: lsnText(later.lsn) })
    kept = { database, ...later }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    read,
    async raise(...args) {
      const turn = last.then(() => raise(...args))
      last = turn.catch(() => undefined)
      await turn
    },
  }
}
