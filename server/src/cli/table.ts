/** Rows under a heading, in columns as wide as their widest cell; numbers stand to the right. */
export function tableOf(heading: string[], rows: (string | number | null)[][]): string {
  const cells = [heading, ...rows.map((row) => row.map((cell) => String(cell ?? '')))]
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const isNumeric = heading.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  const rule = widths
    .map((width) => '-'.repeat(width))
    .join('  ')
    .trimEnd()
  const [head, ...body] = cells.map(line)
  return `${[head, rule, ...body].join('\n')}\n`
}
