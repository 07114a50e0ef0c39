import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty'
import { sentenceFor, UsageError } from './failure.ts'
import { serve } from './serve.ts'
import { version } from './version.ts'

const main = defineCommand({
  meta: { name: 'parley', version, description: 'Self-hosted real-time chat' },
  subCommands: { serve },
})

/** The command that the arguments name, for its usage. */
function named(args: string[]): [CommandDef, CommandDef | undefined] {
  const commands = main.subCommands as Record<string, CommandDef>
  const command = commands[args[0] ?? '']
  return command ? [command, main] : [main, undefined]
}

async function run(args: string[]): Promise<number> {
  if (args.includes('--version')) {
    process.stdout.write(`${version}\n`)
    return 0
  }
  const [command, parent] = named(args)
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${await renderUsage(command, parent)}\n`)
    return 0
  }
  try {
    await runCommand(main, { rawArgs: args })
    return 0
  } catch (error) {
    const usage = error instanceof UsageError || (error as Error).name === 'CLIError'
    const sentence = usage ? (error as Error).message : sentenceFor(error)
    process.stderr.write(`${sentence ?? (error as Error).stack}\n`)
    if (usage) process.stderr.write(`Try: parley ${parent ? `${args[0]} ` : ''}--help\n`)
    return usage ? 2 : 1
  }
}

process.exit(await run(process.argv.slice(2)))
