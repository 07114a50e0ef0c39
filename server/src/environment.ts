import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, textOf, type Environment } from './config.ts'

export interface ReadEnvironment {
  values: Environment
  /** Names whose value came from the `.env` file. */
  fromFile: ReadonlySet<string>
}

/**
 * The environment of this process, completed from `.env` in `directory`.
 * @throws ConfigError where that file cannot be read or understood
 */
export async function readEnvironment(directory: string): Promise<ReadEnvironment> {
  const path = join(directory, '.env')
  const file = parse(path, await read(path))
  const missing = Object.keys(file).filter((name) => textOf(process.env, name) === undefined)
  const completed = Object.fromEntries(missing.map((name) => [name, file[name]]))
  return { values: { ...process.env, ...completed }, fromFile: new Set(missing) }
}

async function read(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ''
    throw new ConfigError([
      `${path} cannot be read (${code}): make it a readable file, or remove it.`,
    ])
  }
}

const assignment = /^\s*(export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=\s*(?<value>.*)$/

/** Node's own parser takes anything and guesses; a line it would misread is a problem here. */
function parse(path: string, text: string): Environment {
  const problems: string[] = []
  const lines = text.split(/\r?\n/)
  let quote: { mark: string; line: number } | undefined
  for (const [index, line] of lines.entries()) {
    if (quote) {
      if (line.includes(quote.mark)) quote = undefined
      continue
    }
    if (/^\s*(#|$)/.test(line)) continue
    const value = assignment.exec(line)?.groups?.['value']
    if (value === undefined)
      problems.push(`${path}, line ${index + 1}: write NAME=value, or begin a comment with #.`)
    else if (/^["'`]/.test(value) && !value.slice(1).includes(value[0]!))
      quote = { mark: value[0]!, line: index + 1 }
  }
  if (quote) problems.push(`${path}, line ${quote.line}: the quote ${quote.mark} is not closed.`)
  if (problems.length > 0) throw new ConfigError(problems)
  return parseEnv(text)
}
