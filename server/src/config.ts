/** The environment, checked once, becomes the Config; nothing else reads it. */
import { isIPv6 } from 'node:net'
import { BadValue } from './config-checks.ts'
import { variableNames, variables, type Variable, type VariableName } from './config-variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Config {
  /** What the app is made with. */
  readonly app: {
    readonly only: 'api' | 'gateway' | undefined
    readonly host: string
    readonly port: number
    /** `required`: the port being taken is an error, not a warning. */
    readonly gatewayListener: { readonly port: number; readonly required: boolean } | undefined
    readonly gatewayUrl: string | undefined
    readonly publicUrl: string | undefined
    readonly trustedProxies: readonly string[]
    readonly allowedOrigins: readonly string[]
    readonly internalToken: string | undefined
    readonly tokenSecret: string | undefined
    readonly demoFromAnywhere: boolean
    readonly drainMs: number
    /** Absent: this is the only node. */
    readonly redis:
      | { readonly url: string; readonly prefix: string; readonly keepHours: number }
      | undefined
    readonly metricsListener: { readonly host: string; readonly port: number } | undefined
  }
  /** Without a url: the embedded PostgreSQL in `dataDir`. */
  readonly database: { readonly url: string | undefined; readonly dataDir: string }
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
    /** undefined: as the output is. */
    readonly format: 'pretty' | 'json' | undefined
  }
}

/** Everything that is wrong with the environment, one sentence each. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const defaultSecondPort = 8081
const defaultGatewayPort = 6001

/**
 * @param only the one role of this process, where it has not all of them
 * @throws ConfigError with all problems
 */
export function loadConfig(env: Environment, only?: 'api' | 'gateway'): Config {
  const values = valuesOf(env)
  const isPortGiven = textOf(env, 'PORT') !== undefined
  const redisUrl = values.REDIS_URL ?? redisUrlOf(values)
  return deepFreeze({
    app: {
      only,
      host: values.HOST,
      port: only === 'gateway' && !isPortGiven ? defaultGatewayPort : values.PORT,
      gatewayListener: only === undefined ? secondListener(values) : undefined,
      gatewayUrl: values.PARLEY_GATEWAY_URL,
      publicUrl: values.PARLEY_PUBLIC_URL,
      trustedProxies: values.PARLEY_TRUSTED_PROXIES,
      allowedOrigins: values.PARLEY_ALLOWED_ORIGINS,
      internalToken: values.WS_INTERNAL_TOKEN,
      tokenSecret: values.PARLEY_TOKEN_SECRET,
      demoFromAnywhere: values.PARLEY_DEMO,
      metricsListener: metricsListener(values),
      drainMs: values.PARLEY_DRAIN_SECONDS * 1_000,
      redis:
        redisUrl === undefined
          ? undefined
          : {
              url: redisUrl,
              prefix: values.PARLEY_REDIS_PREFIX,
              keepHours: values.PARLEY_STREAM_KEEP_HOURS,
            },
    },
    database: {
      url: values.DATABASE_URL ?? databaseUrlOf(values),
      dataDir: values.PARLEY_DATA_DIR,
    },
    log: { level: values.LOG_LEVEL, format: values.PARLEY_LOG_FORMAT },
  })
}

function metricsListener({ PARLEY_METRICS_HOST: host, PARLEY_METRICS_PORT: port }: Values) {
  return port === 'off' ? undefined : { host, port }
}

function secondListener({ PORT, PARLEY_GATEWAY_PORT: asked }: Values) {
  const port = asked ?? defaultSecondPort
  if (port === 'off' || port === PORT) return undefined
  return { port, required: asked !== undefined }
}

/** The text of a variable that is set to something; an empty one counts as unset. */
export const textOf = (env: Environment, name: string): string | undefined =>
  env[name]?.trim() || undefined

type Table = typeof variables
type Values = {
  [Name in VariableName]:
    | ReturnType<Table[Name]['check']>
    | (Table[Name] extends { default: string } ? never : undefined)
}

function valuesOf(env: Environment): Values {
  const problems = unknownNames(env)
  const values: Record<string, unknown> = {}
  for (const name of variableNames) {
    const { check, default: fallback }: Variable = variables[name]
    const text = textOf(env, name) ?? fallback
    if (text === undefined) continue
    try {
      values[name] = check(text)
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      problems.push(`${name} ${error.message}.`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values as Values
}

function unknownNames(env: Environment): string[] {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('PARLEY_') && !Object.hasOwn(variables, name),
  )
  return unknown.map((name) => {
    const near = nearest(name, variableNames)
    return `${name} is not a name that Parley knows; did you mean ${near}?`
  })
}

function nearest(name: string, known: readonly VariableName[]): VariableName {
  const [first] = known
    .filter((each) => each.startsWith('PARLEY_'))
    .map((each) => ({ each, distance: distance(name, each) }))
    .sort((one, other) => one.distance - other.distance)
  return first!.each
}

/** Levenshtein's: how many letters to add, drop or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}

function databaseUrlOf(values: Values): string | undefined {
  const { DB_HOST: host = '127.0.0.1', DB_PORT: port = 5432, DB_PASSWORD: password = '' } = values
  if (!variableNames.some((name) => name.startsWith('DB_') && values[name] !== undefined))
    return undefined
  const url = new URL('postgres://host')
  url.username = encodeURIComponent(values.DB_USER ?? values.DB_USERNAME ?? 'parley')
  url.password = encodeURIComponent(password)
  url.pathname = `/${encodeURIComponent(values.DB_NAME ?? values.DB_DATABASE ?? 'parley')}`
  url.searchParams.set('host', host)
  url.searchParams.set('port', String(port))
  return url.href
}

function redisUrlOf(values: Values): string | undefined {
  const { REDIS_HOST: host, REDIS_PORT: port = 6379, REDIS_PASSWORD: password } = values
  if (host === undefined) return undefined
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return `redis://${secret}${isIPv6(host) ? `[${host}]` : host}:${port}`
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const each of Object.values(value))
    if (typeof each === 'object' && each !== null) deepFreeze(each)
  return Object.freeze(value)
}
