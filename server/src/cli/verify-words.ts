import type { Listener, Report } from '../verify/run.ts'
import { tableOfReport } from '../verify/table.ts'

/** Tells on standard error how far a run has come: a line that is drawn anew, or one every 10 s. */
export function verifyListener(seconds: number): Listener {
  const isTerminal = process.stderr.isTTY
  const clear = isTerminal ? '\r\u001B[K' : ''
  let toldAt = 0
  return {
    progress({ second, sent, stored, seen }) {
      if (!isTerminal && second - toldAt < 10) return
      toldAt = second
      const counts = `${sent} sent, ${stored} answered, ${seen} seen`
      const what =
        second < seconds ? `${Math.floor(second)} of ${seconds} s` : 'waiting for the last ones'
      process.stderr.write(`${clear}${what}: ${counts}${isTerminal ? '' : '\n'}`)
    },
    fault(second, what) {
      process.stderr.write(`${clear}${second.toFixed(1).padStart(6)} s  ${what}\n`)
    },
  }
}

/** A report as a person reads it. */
export function verifyWords(report: Report): string {
  const rows = tableOfReport(report)
  const width = Math.max(...rows.map(([name]) => name.length))
  const valueWidth = Math.max(...rows.slice(0, -1).map(([, value]) => value.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(valueWidth)}`)
  return ['', ...lines, '', ...report.findings.map((each) => `! ${each}`)].join('\n')
}

export const verdictOn = ({ lost, duplicated, outOfOrder }: Report): string =>
  lost + duplicated + outOfOrder > 0
    ? 'BROKEN: the promise was not kept.'
    : 'NOT PROVEN: too little was stored, a fault did not strike, or clients had to load anew.'
