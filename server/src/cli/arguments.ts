import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { ArgsDef, CommandDef, Resolvable } from 'citty'
import { UsageError } from './failure.ts'

/** A command that the arguments name, the words that named it, and what is left for it. */
export interface Named {
  path: string[]
  command: CommandDef
  rest: string[]
}

async function resolved<Value>(value: Resolvable<Value>): Promise<Value> {
  return typeof value === 'function' ? (value as () => Value | Promise<Value>)() : value
}

/** Follows the leading words down the commands; stops at the first that names none. */
export async function findCommand(main: CommandDef, args: string[]): Promise<Named> {
  const named: Named = { path: [], command: main, rest: args }
  for (;;) {
    const [word, ...rest] = named.rest
    const commands = await resolved(named.command.subCommands ?? {})
    if (word === undefined || !Object.hasOwn(commands, word)) return named
    named.command = await resolved(commands[word]!)
    named.path.push(word)
    named.rest = rest
  }
}

/**
 * citty takes any option and any number of words; a mistyped one must not be ignored.
 * @throws UsageError
 */
export async function checkArguments({ command, path, rest }: Named): Promise<void> {
  if (command.subCommands) {
    if (rest.length === 0) throw new UsageError('Which command?')
    throw new UsageError(`There is no command "${[...path, rest[0]].join(' ')}".`)
  }
  const definitions: ArgsDef = await resolved(command.args ?? {})
  const words = Object.values(definitions).filter(({ type }) => type === 'positional')
  const { positionals } = parsed(rest, optionsOf(definitions))
  const extra = positionals[words.length]
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`)
}

function optionsOf(definitions: ArgsDef): NonNullable<ParseArgsConfig['options']> {
  const options = Object.entries(definitions).filter(([, { type }]) => type !== 'positional')
  return Object.fromEntries(
    options.map(([name, { type }]) => [name, { type: type === 'boolean' ? type : 'string' }]),
  )
}

function parsed(args: string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    const sentence = (error as Error).message.split('. ')[0]!
    throw new UsageError(sentence.endsWith('.') ? sentence : `${sentence}.`)
  }
}

/** A whole number of at least `min`, as an option gives it. */
export function asCount(name: string, text: string, min = 1): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= min && Number.isSafeInteger(count)) return count
  throw new UsageError(`--${name} must be a whole number of at least ${min}.`)
}
