import type { Report } from './run.ts'

/** A report as a person reads it. */
export function tableOfReport(report: Report): [string, string][] {
  const { latencyMs, faults, refused } = report
  const count = (value: number) => value.toLocaleString('en')
  const ms = (value: number) => `${Math.round(value).toLocaleString('en')} ms`
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, times]) => `${name} ${times}×`)
      .join(', ') || 'none'
  return [
    ['messages sent', count(report.sent)],
    ['edited and deleted', count(report.changed)],
    ['stored', count(report.stored)],
    ['deliveries', count(report.delivered)],
    ['duplicated', count(report.duplicated)],
    ['lost', count(report.lost)],
    ['out of order', count(report.outOfOrder)],
    ['subscriptions resumed', count(report.resumed)],
    ['past read page by page', count(report.reread)],
    ['loaded anew', count(report.reloaded)],
    ['calls made again', count(report.retries)],
    ['refused', list(refused)],
    ['send to seen, p50', ms(latencyMs.p50)],
    ['send to seen, p95', ms(latencyMs.p95)],
    ['send to seen, p99', ms(latencyMs.p99)],
    ['slowest answer', ms(report.slowestAnswerMs)],
    ['faults', list(faults)],
  ]
}
