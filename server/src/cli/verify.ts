import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { defineCommand } from 'citty'
import { loadConfig } from '../config.ts'
import { readEnvironment } from '../environment.ts'
import type { Logger } from '../logger.ts'
import { openStorage, type Storage } from '../storage.ts'
import { networkFaults, type Fault } from '../verify/faults.ts'
import { missingPrograms, startInstallation } from '../verify/installation.ts'
import { openNetwork } from '../verify/network.ts'
import { run, type Report } from '../verify/run.ts'
import { serverBehind } from '../verify/server.ts'
import { clearStage, setStage } from '../verify/stage.ts'
import type { TrafficPlan } from '../verify/traffic.ts'
import { asCount } from './arguments.ts'
import { Failure, UsageError } from './failure.ts'
import { createLog } from './log.ts'
import { verdictOn, verifyListener, verifyWords } from './verify-words.ts'

const amount = (description: string, fallback: number) =>
  ({ type: 'string', valueHint: 'number', default: String(fallback), description }) as const

export const verify = defineCommand({
  meta: {
    name: 'verify',
    description: 'Prove that no message is lost, doubled or reordered, under faults',
  },
  args: {
    url: {
      type: 'string',
      valueHint: 'https://…',
      description: 'The running Parley to verify; its database must be the one configured here',
    },
    faults: {
      type: 'boolean',
      description: 'Start an installation of several nodes, and kill and freeze its parts',
    },
    users: amount('Simulated people', 40),
    conversations: amount('Conversations they write in', 8),
    rate: amount('Messages, edits and deletions a second', 200),
    changes: amount('How many of those are edits and deletions, in percent', 10),
    seconds: amount('How long they write', 60),
    json: { type: 'string', valueHint: 'FILE', description: 'Write the report as JSON, too' },
  },
  async run({ args }) {
    const amounts = {
      users: asCount('users', args.users, 2),
      conversations: asCount('conversations', args.conversations),
      rate: asCount('rate', args.rate),
      seconds: asCount('seconds', args.seconds),
      changesShare: asCount('changes', args.changes, 0) / 100,
    }
    if (args.faults && args.url !== undefined)
      throw new UsageError('--faults breaks what it started itself: leave out --url.')
    const report = args.faults
      ? await verifyInstallation(amounts)
      : await verifyRunning(args.url, amounts)
    if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(report, null, 2)}\n`)
    process.stdout.write(`${verifyWords(report)}\n`)
    if (!report.kept) throw new Failure(verdictOn(report))
    process.stdout.write('Kept: nothing lost, duplicated or out of order.\n')
  },
})

interface Amounts extends Omit<TrafficPlan, 'run'> {
  users: number
  conversations: number
}

const redisFrozenMs = 5_000

async function verifyInstallation(amounts: Amounts): Promise<Report> {
  const missing = missingPrograms()
  if (missing.length > 0)
    throw new Failure(
      `--faults needs ${missing.join(' and ')}: install them (Debian: apt-get install nginx-light redis-server).`,
    )
  process.stderr.write('Starting 2 API and 2 gateway nodes, nginx, PostgreSQL and Redis …\n')
  const log = createLog({ level: 'error', format: undefined })
  const installation = await startInstallation({
    program: process.argv[1]!,
    apis: 2,
    gateways: 2,
    frozenMs: redisFrozenMs,
    log,
  })
  let kept = false
  stopOnSignal(() => installation.stop({ keep: false }))
  try {
    const storage = await openStorage(
      { url: installation.databaseUrl, dataDir: '' },
      { log, name: 'parley verify' },
    )
    try {
      const report = await rehearse({ ...installation, name: newName(), storage, amounts })
      kept = report.kept
      return report
    } finally {
      await storage.close()
    }
  } finally {
    await installation.stop({ keep: !kept })
    if (!kept) process.stderr.write(`The logs are in ${installation.directory}.\n`)
  }
}

async function verifyRunning(address: string | undefined, amounts: Amounts): Promise<Report> {
  const config = loadConfig((await readEnvironment('.')).values)
  const { host, port, publicUrl } = config.app
  const own =
    publicUrl ?? `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`
  const url = asUrl(address ?? own)
  const log: Logger = createLog({ ...config.log, level: 'error' })
  const storage = await openStorage(config.database, { log, name: 'parley verify' })
  try {
    if (!(await storage.isServed()))
      throw new Failure(
        `No Parley runs on the database that is configured here: start it with "parley serve", or try "parley verify --faults".`,
      )
    const name = newName()
    const clear = () => clearStage(storage.db, name).catch(tellRemains)
    stopOnSignal(clear)
    return await rehearse({ name, storage, url, faults: [], amounts }).finally(clear)
  } finally {
    await storage.close()
  }
}

const tellRemains = (error: Error): void => {
  process.stderr.write(
    `Could not remove the simulated people (${error.message}); a run in an hour does.\n`,
  )
}

const newName = (): string => `verify-${randomBytes(4).toString('hex')}`

/** Ctrl-C leaves nothing of ours behind. */
function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(130)))
}

function asUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new UsageError('--url must be an address such as https://chat.example.com.')
}

interface Rehearsal {
  name: string
  storage: Storage
  url: URL
  /** Beside those of the network. */
  faults: Fault[]
  lastFault?: Fault
  amounts: Amounts
}

const silenceMs = 10_000
const setUpMs = 10 * 60_000

async function rehearse({ name, storage, url, amounts, ...broken }: Rehearsal): Promise<Report> {
  const { db } = storage
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const network = await openNetwork({ host: url.hostname, port })
  const server = serverBehind(network, url)
  try {
    const faults = [...networkFaults(network, silenceMs), ...broken.faults]
    const stage = await setStage({
      ...amounts,
      run: name,
      db,
      server,
      faults,
      lastFault: broken.lastFault ?? faults[0]!,
      lifetimeMs: amounts.seconds * 1_000 + setUpMs,
    })
    return await run(stage, { ...amounts, run: name }, verifyListener(amounts.seconds))
  } finally {
    server.close()
    network.close()
  }
}
