import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareEnvironment } from '../../test/bare-environment.ts'

const program = fileURLToPath(new URL('../../bin/parley.js', import.meta.url))
let directory: string

beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'parley-cli-'))))
afterAll(() => rm(directory, { recursive: true, force: true }))

type Variables = Record<string, string>

function start(args: string[], env: Variables = {}): ChildProcess {
  const variables = { ...bareEnvironment(), PORT: '0', PARLEY_GATEWAY_PORT: 'off' }
  return spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { ...variables, ...env },
  })
}

async function parley(args: string, { input = '', env = {} as Variables } = {}) {
  const child = start(args.split(' '), env)
  const said = { output: '', errors: '' }
  child.stdout!.on('data', (chunk) => (said.output += chunk))
  child.stderr!.on('data', (chunk) => (said.errors += chunk))
  child.stdin!.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...said }
}

async function startServer() {
  const child = start(['serve'])
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      output += chunk
      const found = /Parley is at (\S+)/.exec(output)
      if (found) resolve(found[1]!)
    })
    child.once('exit', () => reject(new Error(`it ended: ${output}`)))
  })
  return { child, url, output: () => output }
}

describe('the command line', () => {
  it('names its commands, without colours in a pipe', async () => {
    const { code, output } = await parley('--help')
    expect(code).toBe(0)
    for (const name of ['serve', 'migrate', 'seed', 'user', 'db', 'config'])
      expect(output).toMatch(new RegExp(`^ +${name} {4}\\w`, 'm'))
    expect((await parley('user add --help')).output).toContain('USAGE parley user add')
  })

  it.each([
    ['serv', 'There is no command "serv".', 'parley --help'],
    ['user', 'Which command?', 'parley user --help'],
    ['user ad anna', 'There is no command "user ad".', 'parley user --help'],
    ['user add', 'Missing required positional argument: NAME', 'parley user add --help'],
    ['user add anna ben', '"ben" is one word too many.', 'parley user add --help'],
    ['seed --mesages 5', "Unknown option '--mesages'.", 'parley seed --help'],
    ['serve --only web', '--only must be api or gateway.', 'parley serve --help'],
    ['seed --messages few', '--messages must be a whole number', 'parley seed --help'],
  ])('refuses "parley %s"', async (args, sentence, advice) => {
    const { code, errors, output } = await parley(args)
    expect({ code, output }).toEqual({ code: 2, output: '' })
    expect(errors).toContain(sentence)
    expect(errors).toContain(`Try: ${advice}\n`)
  })

  it.each([
    ['api', { REDIS_URL: 'redis://127.0.0.1' }, 'needs DATABASE_URL:'],
    ['gateway', { DB_HOST: '127.0.0.1' }, 'needs REDIS_URL:'],
    ['gateway', {}, 'needs DATABASE_URL and REDIS_URL:'],
  ])('runs "serve --only %s" on %o not at all', async (only, env: Variables, sentence) => {
    const { code, errors } = await parley(`serve --only ${only}`, { env })
    expect(code).toBe(1)
    expect(errors).toBe(
      `parley serve --only ${only} ${sentence} processes that run apart share a PostgreSQL and a Redis.\n`,
    )
  })

  it('tells all problems of the configuration at once, without a stack', async () => {
    const { code, errors } = await parley('serve', { env: { PORT: 'x', PARLEY_DMEO: '1' } })
    expect(code).toBe(1)
    expect(errors).toBe(
      `The configuration has problems:
  PARLEY_DMEO is not a name that Parley knows; did you mean PARLEY_DEMO?
  PORT must be a port number from 0 to 65535.
`,
    )
  })

  it('says which database does not answer', async () => {
    const env = { DATABASE_URL: 'postgres://anna:hush@127.0.0.1:1/chat' }
    const { code, errors } = await parley('db list', { env })
    expect(code).toBe(1)
    expect(errors).toMatch(/^The database does not answer .*ECONNREFUSED.*\n$/)
  })

  it('shows the configuration with what .env adds', async () => {
    await writeFile(join(directory, '.env'), 'LOG_LEVEL=warn\n')
    const { output } = await parley('config')
    expect(output).toMatch(/^LOG_LEVEL +warn +\.env /m)
    expect(output).toMatch(/^PORT +0 +environment /m)
    await rm(join(directory, '.env'))
  })

  it('does not create a database only to look into it', async () => {
    const { code, errors } = await parley('db list')
    expect(code).toBe(1)
    expect(errors).toBe('There is no database in ./data yet: "parley serve" creates it.\n')
    expect(existsSync(join(directory, 'data'))).toBe(false)
  })
})

describe('a server', () => {
  it('is administered while it runs, refuses a second one and stops in order', async () => {
    const { child, url, output } = await startServer()
    expect(output()).toContain('Sign in as john or bill with the password secret')
    expect((await fetch(`${url}/login`)).status).toBe(200)

    const password = { input: 'a long password\n' }
    expect((await parley('user add anna', password)).output).toBe('Added anna (3).\n')
    expect((await parley('user add ANNA', password)).errors).toContain('a user "ANNA" already')
    expect((await parley('user add ben', { input: 'short\n' })).errors).toContain('at least 8')
    expect((await parley('user add All', password)).errors).toBe(
      'The username must not mean everybody, as "all" does.\n',
    )
    expect((await parley('user disable Anna')).code).toBe(0)
    expect((await parley('user list')).output).toMatch(/^ *3 +anna +disabled +0 /m)

    const seeded = await parley('seed --users 3 --conversations 1 --messages 10')
    expect(seeded.output).toContain('Added 3 users, 1 conversations and 10 messages')
    expect((await parley('db list')).output).toMatch(/^chat_messages +10$/m)
    expect((await parley('db table lines')).output).toMatch(/^last_seq +bigint +no +0$/m)

    const second = await parley('serve')
    expect(second.code).toBe(1)
    expect(second.errors).toContain(`in use by another parley serve (process ${child.pid})`)

    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(existsSync(join(directory, 'data/postgres/postmaster.pid'))).toBe(false)
  })

  it('says which port is taken', async () => {
    const { child, url } = await startServer()
    const port = new URL(url).port
    const other = await mkdtemp(join(directory, 'other-'))
    const { code, errors } = await parley('serve', { env: { PORT: port, PARLEY_DATA_DIR: other } })
    expect({ code, errors }).toMatchObject({ code: 1 })
    expect(errors).toContain(`Port ${port} on 127.0.0.1 is taken.`)
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})
