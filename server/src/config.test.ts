import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { loadConfig, type ConfigError, type Environment } from './config.ts'
import { variableNames } from './config-variables.ts'
import { configurationPage, describeConfig, environmentExample } from './describe-config.ts'
import { readEnvironment } from './environment.ts'

function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

describe('an empty environment', () => {
  it('runs on this machine alone, with a database of its own', () => {
    expect(loadConfig({})).toEqual({
      app: {
        only: undefined,
        host: '127.0.0.1',
        port: 8080,
        gatewayListener: { port: 8081, required: false },
        gatewayUrl: undefined,
        publicUrl: undefined,
        trustedProxies: [],
        allowedOrigins: [],
        internalToken: undefined,
        tokenSecret: undefined,
        demoFromAnywhere: false,
        drainMs: 0,
        redis: undefined,
        metricsListener: undefined,
      },
      database: { url: undefined, dataDir: './data' },
      log: { level: 'info', format: undefined },
    })
  })

  it('serves the gateway alone on 6001, and has no second port in a process with one role', () => {
    expect(loadConfig({}, 'gateway').app).toMatchObject({ port: 6001, gatewayListener: undefined })
    expect(loadConfig({ PORT: '8080' }, 'gateway').app.port).toBe(8080)
    const api = loadConfig({ PARLEY_GATEWAY_PORT: '6001' }, 'api').app
    expect(api).toMatchObject({ only: 'api', port: 8080, gatewayListener: undefined })
  })

  it('is the same as one of empty variables', () => {
    const empty = Object.fromEntries(variableNames.map((name) => [name, ' ']))
    expect(loadConfig(empty)).toEqual(loadConfig({}))
  })

  it('gives a configuration that nobody can change', () => {
    const config = loadConfig({ PARLEY_TRUSTED_PROXIES: '10.0.0.0/8' })
    expect(() => Object.assign(config.app, { port: 1 })).toThrow(TypeError)
    expect(() => (config.app.trustedProxies as string[]).push('')).toThrow(TypeError)
  })
})

describe('what is set', () => {
  it('arrives as values', () => {
    const config = loadConfig({
      PARLEY_PUBLIC_URL: 'https://Chat.Example.com/',
      PARLEY_GATEWAY_URL: 'wss://rt.example.com:6001',
      PARLEY_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
      PARLEY_ALLOWED_ORIGINS: 'https://app.example.com,http://localhost:3000',
      PARLEY_DEMO: 'yes',
    })
    expect(config.app).toMatchObject({
      publicUrl: 'https://chat.example.com',
      gatewayUrl: 'wss://rt.example.com:6001/connection/websocket',
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
      allowedOrigins: ['https://app.example.com', 'http://localhost:3000'],
      demoFromAnywhere: true,
    })
  })

  it.each([
    ['6001', { port: 6001, required: true }],
    ['off', undefined],
    ['0', undefined],
    ['8080', undefined],
  ])('PARLEY_GATEWAY_PORT=%s decides about the second port', (text, listener) => {
    expect(loadConfig({ PARLEY_GATEWAY_PORT: text }).app.gatewayListener).toEqual(listener)
  })

  it('describes the database in parts where DATABASE_URL is unset', () => {
    const parts = { DB_HOST: 'db', DB_DATABASE: 'chat', DB_USERNAME: 'anna', DB_PASSWORD: 'a@b/c' }
    expect(loadConfig(parts).database.url).toBe(
      'postgres://anna:a%40b%2Fc@host/chat?host=db&port=5432',
    )
    const url = 'postgres://x@y/z'
    expect(loadConfig({ ...parts, DATABASE_URL: url }).database.url).toBe(url)
    expect(loadConfig({ DB_NAME: 'chat' }).database.url).toContain('host=127.0.0.1')
  })

  it('describes Redis in parts where REDIS_URL is unset', () => {
    const urlOf = (env: Record<string, string>) => loadConfig(env).app.redis?.url
    expect(urlOf({ REDIS_HOST: 'cache' })).toBe('redis://cache:6379')
    expect(urlOf({ REDIS_HOST: '::1', REDIS_PORT: '7' })).toBe('redis://[::1]:7')
    expect(urlOf({ REDIS_HOST: 'cache', REDIS_PASSWORD: 'a@b/c' })).toBe(
      'redis://:a%40b%2Fc@cache:6379',
    )
    expect(urlOf({ REDIS_PORT: '7' })).toBeUndefined()
    expect(urlOf({ REDIS_HOST: 'cache', REDIS_URL: 'rediss://other/2' })).toBe('rediss://other/2')
  })

  it('lets several installations share one Redis', () => {
    const { redis } = loadConfig({ REDIS_HOST: 'cache', PARLEY_REDIS_PREFIX: 'team-b' }).app
    expect(redis).toEqual({ url: 'redis://cache:6379', prefix: 'team-b', keepHours: 168 })
    expect(problemsOf({ PARLEY_REDIS_PREFIX: 'a b' })).toEqual([
      'PARLEY_REDIS_PREFIX must be up to 64 letters, digits and _ - . : without spaces.',
    ])
  })

  it('takes an address of Redis with a database number, and nothing more', () => {
    const problemOf = (url: string) => problemsOf({ REDIS_URL: url })[0]
    const number = /must end with the number of a database or nothing/
    expect(problemOf('redis://cache/chat')).toMatch(number)
    expect(problemOf('redis://cache/0?enableOfflineQueue=true')).toMatch(number)
    expect(problemOf('redis://:100%zz@cache')).toMatch(/has to be written as %25/)
    expect(problemOf('redis://')).toMatch(/must (be an address|name a host)/)
  })
})

describe('a mistake', () => {
  it('is told together with all the others, each with its cure', () => {
    const problems = problemsOf({
      HOST: 'http://localhost',
      PORT: '80a',
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'localhost',
      LOG_LEVEL: 'loud',
      PARLEY_DEMO: 'maybe',
      PARLEY_PUBLIC_URL: 'https://chat.example.com/chat',
      PARLEY_TRUSTED_PROXIES: '10.0.0.0/8, 10.0.0.0/33',
      PARLEY_TOKEN_SECRET: 'short',
      PARLEY_PROT: '1',
    })
    expect(problems).toEqual([
      'PARLEY_PROT is not a name that Parley knows; did you mean PARLEY_DEMO?',
      'HOST must be an address or a host name alone, such as 127.0.0.1 or 0.0.0.0.',
      'PORT must be a port number from 0 to 65535.',
      'DATABASE_URL must begin with postgres:// or postgresql://.',
      'REDIS_URL must be an address such as redis://user:password@host:6379/0; write special characters in a password as %40 for @.',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
      'PARLEY_PUBLIC_URL must be an address without a path, such as https://chat.example.com.',
      'PARLEY_TRUSTED_PROXIES must list addresses or networks, such as 127.0.0.1, 10.0.0.0/8; "10.0.0.0/33" is neither.',
      'PARLEY_TOKEN_SECRET must have 32 characters or more: make one with "openssl rand -hex 32".',
      'PARLEY_DEMO must be 1 or 0.',
    ])
  })

  it.each([
    ['PARLEY_DATADIR', 'PARLEY_DATA_DIR'],
    ['PARLEY_TRUSTED_PROXY', 'PARLEY_TRUSTED_PROXIES'],
    ['PARLEY_GATEWAYPORT', 'PARLEY_GATEWAY_PORT'],
  ])('in the name %s gets %s suggested', (wrong, right) => {
    expect(problemsOf({ [wrong]: '1' })).toEqual([
      `${wrong} is not a name that Parley knows; did you mean ${right}?`,
    ])
  })
})

describe('a .env file', () => {
  async function reading(text: string | undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'parley-env-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    if (text !== undefined) await writeFile(join(directory, '.env'), text)
    return { directory, read: () => readEnvironment(directory) }
  }

  it('completes the environment, which goes first', async () => {
    vi.stubEnv('PORT', '9000')
    vi.stubEnv('HOST', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { read } = await reading(
      '\uFEFFPORT=1\r\n# a comment\r\nexport HOST="0.0.0.0" # all\r\nDB_PASSWORD=\'two\nlines\'\n',
    )
    const environment = await read()
    expect(environment.values).toMatchObject({ PORT: '9000', HOST: '0.0.0.0' })
    expect(environment.values['DB_PASSWORD']).toBe('two\nlines')
    expect([...environment.fromFile].sort()).toEqual(['DB_PASSWORD', 'HOST'])
  })

  it('may be absent', async () => {
    const { read } = await reading(undefined)
    expect((await read()).fromFile.size).toBe(0)
  })

  it('with a line that is no assignment is refused', async () => {
    const { read } = await reading('PORT=1\nHOST: 0.0.0.0\nLOG_LEVEL="info\n')
    const error = (await read().catch((reason: unknown) => reason)) as ConfigError
    expect(error.problems.map((each) => each.replace(/^.*\.env/, '.env'))).toEqual([
      '.env, line 2: write NAME=value, or begin a comment with #.',
      '.env, line 3: the quote " is not closed.',
    ])
  })

  it('that is a directory is refused', async () => {
    const { directory, read } = await reading(undefined)
    await mkdir(join(directory, '.env'))
    await expect(read()).rejects.toThrow(/\.env cannot be read \(EISDIR\)/)
  })
})

describe('what `parley config` shows', () => {
  it('says where each value came from and keeps secrets', () => {
    const values = {
      PORT: '1',
      HOST: '::1',
      DATABASE_URL: 'postgres://anna:hush@db/chat',
      WS_INTERNAL_TOKEN: 'hush',
    }
    const rows = describeConfig({ values, fromFile: new Set(['PORT']) })
    const shown = Object.fromEntries(rows.map(({ name, value, source }) => [name, [value, source]]))
    expect(shown).toMatchObject({
      PORT: ['1', '.env'],
      HOST: ['::1', 'environment'],
      DATABASE_URL: ['postgres://anna:********@db/chat', 'environment'],
      WS_INTERNAL_TOKEN: ['********', 'environment'],
      LOG_LEVEL: ['info', 'default'],
      PARLEY_DEMO: ['0', 'default'],
      REDIS_URL: ['', 'unset'],
    })
    expect(JSON.stringify(rows)).not.toContain('hush')
  })

  it('is docs/CONFIGURATION.md, word for word', () => {
    const page = new URL('../../docs/CONFIGURATION.md', import.meta.url)
    expect(readFileSync(page, 'utf8')).toBe(configurationPage())
  })

  it('is deploy/.env.example, word for word, which can be used as it is', () => {
    const text = readFileSync(new URL('../../deploy/.env.example', import.meta.url), 'utf8')
    expect(text).toBe(environmentExample())
    expect(problemsOf(parseEnv(text))).toEqual([])
    // Every line that shows a default shows one that is taken.
    expect(problemsOf(parseEnv(text.replace(/^#(?=[A-Z])/gm, '')))).toEqual([])
  })
})
