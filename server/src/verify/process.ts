import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

interface Program {
  name: string
  command: string
  args: string[]
  directory: string
  env?: Record<string, string>
  logFile: string
  isReady: () => Promise<boolean>
}

const readyWithinMs = 30_000
const pollMs = 25
const againMs = 250

/** A program of ours that can be killed, frozen and started again at the same address. */
export class Process {
  readonly name: string
  readonly #program: Program
  readonly #log: WriteStream
  #child: ChildProcess | undefined

  constructor(program: Program) {
    this.name = program.name
    this.#program = program
    this.#log = createWriteStream(program.logFile, { flags: 'a' })
  }

  /** @throws where it ends or does not answer within 30 s */
  async start(): Promise<void> {
    const { command, args, directory, env, isReady, name, logFile } = this.#program
    const child = spawn(command, args, {
      cwd: directory,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let problem: Error | undefined
    child.on('error', (error) => (problem = error))
    child.on('exit', (code) => (problem ??= new Error(`it ended with ${code}`)))
    child.stdout.pipe(this.#log, { end: false })
    child.stderr.pipe(this.#log, { end: false })
    for (const end = Date.now() + readyWithinMs; !(await isReady()); await delay(pollMs)) {
      if (!problem && Date.now() < end) continue
      throw new Error(`${name} does not start: ${problem?.message ?? 'no answer'}; see ${logFile}`)
    }
  }

  /** Starts it as a supervisor does: again, where what it needs is not there just now. */
  async revive(): Promise<void> {
    for (const end = Date.now() + readyWithinMs; ; await delay(againMs)) {
      try {
        return await this.start()
      } catch (error) {
        if (Date.now() > end) throw error
      }
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    this.signal('SIGCONT')
    await this.#end('SIGTERM')
    this.#log.end()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    const hurry = setTimeout(() => child.kill('SIGKILL'), readyWithinMs)
    await once(child, 'exit')
    clearTimeout(hurry)
  }
}

const given = new Set<number>()

/** Below the numbers that systems give to outgoing connections: nobody takes it while we are down. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (given.has(port)) continue
    given.add(port)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}
