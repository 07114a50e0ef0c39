import { stripVTControlCharacters } from 'node:util'
import { defineCommand, renderUsage, runCommand } from 'citty'
import { checkArguments, findCommand } from './arguments.ts'
import { sentenceFor, UsageError } from './failure.ts'
import { version } from './version.ts'

/** Each command is loaded when it is asked for: most need neither the server nor its libraries. */
const main = defineCommand({
  meta: { name: 'parley', version, description: 'Self-hosted real-time chat' },
  subCommands: {
    serve: () => import('./serve.ts').then(({ serve }) => serve),
    migrate: () => import('./migrate.ts').then(({ migrate }) => migrate),
    seed: () => import('./seed.ts').then(({ seed }) => seed),
    user: () => import('./user.ts').then(({ user }) => user),
    backup: () => import('./backup.ts').then(({ backup }) => backup),
    restore: () => import('./backup.ts').then(({ restore }) => restore),
    move: () => import('./move.ts').then(({ move }) => move),
    doctor: () => import('./doctor.ts').then(({ doctor }) => doctor),
    verify: () => import('./verify.ts').then(({ verify }) => verify),
    stream: () => import('./stream.ts').then(({ stream }) => stream),
    db: () => import('./db.ts').then(({ db }) => db),
    config: () => import('./config.ts').then(({ config }) => config),
  },
})

async function run(args: string[]): Promise<number> {
  if (args[0] === '--version') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  const named = await findCommand(main, args)
  const help = args.includes('--help') || args.includes('-h') || args[0] === 'help'
  if (help || args.length === 0) {
    const name = ['parley', ...named.path.slice(0, -1)].join(' ')
    const above = { meta: { name, version } }
    const usage = await renderUsage(named.command, named.path.length > 0 ? above : undefined)
    process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n`)
    return 0
  }
  try {
    await checkArguments(named)
    await runCommand(named.command, { rawArgs: named.rest })
    return 0
  } catch (error) {
    return tell(error, named.path)
  }
}

function tell(error: unknown, path: string[]): number {
  const wrongUse = error instanceof UsageError || (error as Error).name === 'CLIError'
  const sentence = wrongUse ? (error as Error).message : sentenceFor(error)
  const words = sentence ?? (error as Error).stack ?? String(error)
  process.stderr.write(`${stripVTControlCharacters(words)}\n`)
  if (wrongUse) process.stderr.write(`Try: ${['parley', ...path, '--help'].join(' ')}\n`)
  return wrongUse ? 2 : 1
}

// Whoever reads our output may stop early (`parley db list | head -1`).
process.stdout.on('error', () => process.exit(0))
process.exit(await run(process.argv.slice(2)))
