const barChars = 30
const everyMs = 100

/** Draws a bar on a terminal; says nothing where the output is a file or a pipe. */
export function createProgress(what: string, total: number): (done: number) => void {
  let drawnAt = 0
  return (done) => {
    if (!process.stderr.isTTY || (done < total && Date.now() - drawnAt < everyMs)) return
    drawnAt = Date.now()
    const filled = Math.round((done / total) * barChars)
    const bar = '#'.repeat(filled).padEnd(barChars, '.')
    const count = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`
    process.stderr.write(`\r[${bar}] ${count}${done < total ? '' : '\n'}`)
  }
}
