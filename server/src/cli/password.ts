import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { password as rule } from '@parley/protocol/fields'
import { Failure } from './failure.ts'

/**
 * A new password, typed twice unseen on a terminal, or the first line of standard input: arguments can be
 * read by everybody on the machine.
 */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await typedTwice() : await firstLine()
  const result = rule.safeParse(password)
  if (result.success) return password
  throw new Failure(`The password ${result.error.issues[0]!.message}.`)
}

async function typedTwice(): Promise<string> {
  const password = await typed('Password: ')
  if ((await typed('Once more: ')) === password) return password
  throw new Failure('The two passwords differ.')
}

async function typed(question: string): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true })
  process.stderr.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new Failure('Cancelled.')))
      lines.once('close', () => reject(new Failure('Cancelled.')))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  throw new Failure('No password came on standard input.')
}
