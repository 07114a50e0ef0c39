import { defineCommand } from 'citty'
import { loadConfig } from '../config.ts'
import { readEnvironment } from '../environment.ts'
import { checkClock, checkDatabase, checkDurability } from './doctor-database.ts'
import { checkDisk, checkPage, checkWebsocket } from './doctor-network.ts'
import { checkRedis } from './doctor-redis.ts'
import { Failure, sentenceFor } from './failure.ts'

/** `well`: nothing to do. `warning`: it works, and something should be different. */
export interface Finding {
  state: 'well' | 'warning' | 'ill'
  about: string
  /** What is so, and what to do about it. */
  sentence: string
}

const marks = { well: '✓', warning: '!', ill: '✗' }

const toFinding = (about: string, error: unknown): Finding => ({
  state: 'ill',
  about,
  sentence: sentenceFor(error) ?? (error instanceof Error ? error.message : String(error)),
})

export const doctor = defineCommand({
  meta: {
    name: 'doctor',
    description: 'Check database, Redis, clock, disk, proxy and WebSocket, and say what to do',
  },
  async run() {
    const config = loadConfig((await readEnvironment('.')).values)
    let ill = 0
    const tell = ({ state, about, sentence }: Finding) => {
      if (state === 'ill') ill++
      process.stdout.write(`${marks[state]} ${about}: ${sentence}\n`)
    }
    const check = async (about: string, work: () => Promise<Finding[]>) => {
      for (const finding of await work().catch((error: unknown) => [toFinding(about, error)]))
        tell(finding)
    }
    const { host, port, publicUrl, redis } = config.app
    const local = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`
    await check('Disk', () => checkDisk(config.database.dataDir))
    await check('Database', () => checkDatabase(config.database, [checkClock, checkDurability]))
    if (redis) await check('Redis', () => checkRedis(redis))
    await check('Server', () => checkPage('Server', local))
    await check('WebSocket', () => checkWebsocket('WebSocket', local))
    if (publicUrl !== undefined) {
      await check('Proxy', () => checkPage('Proxy', publicUrl))
      await check('WebSocket through the proxy', () =>
        checkWebsocket('WebSocket through the proxy', publicUrl),
      )
    }
    if (ill > 0) throw new Failure(`${ill} of these need attention.`)
  },
})
