import { setTimeout as delay } from 'node:timers/promises'
import { defineCommand } from 'citty'
import { loadConfig } from '../config.ts'
import { readEnvironment } from '../environment.ts'
import { openSweeper } from '../stream/message-stream.ts'
import { Failure, UsageError } from './failure.ts'
import { createLog } from './log.ts'
import { withStorage } from './with-storage.ts'

const patienceMs = 5_000
const retryMs = 100

const refill = defineCommand({
  meta: {
    name: 'refill',
    description: 'Append the messages of the last hours to the Redis Stream once more',
  },
  args: {
    hours: {
      type: 'string',
      valueHint: 'N',
      description: 'How far back; PARLEY_STREAM_KEEP_HOURS unless given',
    },
  },
  async run({ args }) {
    const config = loadConfig((await readEnvironment('.')).values)
    const { redis } = config.app
    if (!redis) throw new Failure('There is no Redis: set REDIS_URL.')
    const hours = args.hours === undefined ? redis.keepHours : Number(args.hours)
    if (!(hours > 0)) throw new UsageError('--hours must be a number above 0.')
    const count = await withStorage('stream', { database: 'existing' }, async ({ db }) => {
      const log = createLog({ ...config.log, level: 'error' })
      const sweeper = openSweeper({ ...redis, source: db.streamSource, log })
      try {
        await within(() => sweeper.ready(), 'Redis does not answer: is REDIS_URL right?')
        await db.streamSource.begin()
        let appended: number | undefined
        const done = async () => (appended = await sweeper.refill(hours)) !== undefined
        await within(done, 'A server is filling the stream: try again.')
        return appended!
      } finally {
        sweeper.close()
      }
    })
    process.stdout.write(`Appended ${count.toLocaleString('en')} messages\n`)
  },
})

export const stream = defineCommand({
  meta: { name: 'stream', description: 'The messages that other programs read from Redis' },
  subCommands: { refill },
})

async function within(condition: () => boolean | Promise<boolean>, otherwise: string) {
  const deadline = Date.now() + patienceMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Failure(otherwise)
    await delay(retryMs)
  }
}
