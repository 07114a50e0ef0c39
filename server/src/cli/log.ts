import pino, { type Logger } from 'pino'

import type { Config } from '../config.ts'

/** Logs go to standard error: what a command has to say goes to standard output. */
export function createLog({ level, format }: Config['log']): Logger {
  const pretty = (format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty'
  const redact = ['*.password', '*.token', '*.cookie', '*.authorization']
  const options = { level, redact, serializers: { err: plainError } }
  return pretty
    ? pino(options, { write: (line) => void process.stderr.write(forPeople(line)) })
    : pino(options, pino.destination({ fd: 2, sync: true }))
}

/** Drivers hang whole connections on their errors. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack, cause } = error
  const { code } = error as NodeJS.ErrnoException
  return {
    type: name,
    message,
    stack,
    code,
    ...(cause !== undefined && { cause: plainError(cause) }),
  }
}

const levels: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

function forPeople(line: string): string {
  const { time, level, msg, err, pid: _pid, hostname: _host, ...fields } = JSON.parse(line)
  const clock = new Date(time).toTimeString().slice(0, 8)
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  const stack = err ? `\n  ${String(err.stack ?? err.message).replaceAll('\n', '\n  ')}` : ''
  return `${clock} ${levels[level] ?? level} ${msg}${details.join('')}${stack}\n`
}
