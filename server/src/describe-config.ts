import { textOf } from './config.ts'
import { variableNames, variables, type Variable } from './config-variables.ts'
import type { ReadEnvironment } from './environment.ts'

export interface DescribedVariable {
  name: string
  /** Secrets are masked; empty where it is unset. */
  value: string
  source: 'environment' | '.env' | 'default' | 'unset'
  about: string
}

/** What `parley config` prints: also of an environment that has problems. */
export function describeConfig({ values, fromFile }: ReadEnvironment): DescribedVariable[] {
  return variableNames.map((name) => {
    const { about, default: fallback, secret }: Variable = variables[name]
    const text = textOf(values, name)
    const set = fromFile.has(name) ? '.env' : 'environment'
    const source = text ? set : fallback ? 'default' : 'unset'
    return { name, value: masked(text ?? fallback ?? '', secret), source, about }
  })
}

const mask = '********'

function masked(text: string, secret: Variable['secret']): string {
  if (!secret || text === '') return text
  if (secret === 'all' || !URL.canParse(text)) return mask
  const url = new URL(text)
  if (url.password) url.password = mask
  if (url.searchParams.has('password')) url.searchParams.set('password', mask)
  return url.href
}

const introduction = `# Configuration

Parley needs none: without any of these it listens on http://127.0.0.1:8080 and keeps its data in \`./data\`.
Variables are read from the environment, then from a file \`.env\` in the working directory; an empty one counts
as unset, and a name with \`PARLEY_\` that is not listed here stops the start. \`parley config\` shows the values
in use and where each one came from.

This page is printed by \`parley config --markdown\`.
`

/** docs/CONFIGURATION.md. */
export function configurationPage(): string {
  const rows = variableNames.map((name) => {
    const { about, default: fallback }: Variable = variables[name]
    return `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${about} |`
  })
  return [introduction, '| Name | Default | |', '|---|---|---|', ...rows, ''].join('\n')
}

/** deploy/.env.example: every variable, commented out. */
export function environmentExample(): string {
  const entries = variableNames.map((name) => {
    const { about, default: fallback }: Variable = variables[name]
    return `# ${about.replaceAll('`', '')}\n#${name}=${fallback ?? ''}\n`
  })
  return [
    `# Settings of Parley: copy this file to .env and take the # away from what you set.
# Printed by parley config --env.

# Of compose.yaml alone: the database's password, and so part of DATABASE_URL there.
POSTGRES_PASSWORD=
`,
    ...entries,
  ].join('\n')
}
