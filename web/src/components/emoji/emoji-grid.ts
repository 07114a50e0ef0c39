/** A cell: which section it is in, and its place there. */
export interface Cell {
  readonly section: number
  readonly index: number
}

export const columns = 9

/**
 * Where an arrow leads in grids of `columns` that stand below each other, each with so many cells.
 * Undefined where the key moves nothing, or leads out at the top.
 */
export function moveInGrids(sizes: readonly number[], at: Cell, key: string): Cell | undefined {
  switch (key) {
    case 'ArrowRight':
      return step(sizes, at, 1)
    case 'ArrowLeft':
      return step(sizes, at, -1)
    case 'ArrowDown':
      return down(sizes, at)
    case 'ArrowUp':
      return up(sizes, at)
    case 'Home':
      return { section: at.section, index: at.index - (at.index % columns) }
    case 'End':
      return { section: at.section, index: endOfRow(sizes, at) }
    default:
      return undefined
  }
}

function step(sizes: readonly number[], { section, index }: Cell, by: 1 | -1): Cell | undefined {
  const next = index + by
  if (next >= 0 && next < sizeOf(sizes, section)) return { section, index: next }
  const other = beside(sizes, section, by)
  if (other === undefined) return undefined
  return { section: other, index: by > 0 ? 0 : sizeOf(sizes, other) - 1 }
}

function down(sizes: readonly number[], at: Cell): Cell | undefined {
  const { section, index } = at
  const size = sizeOf(sizes, section)
  const column = index % columns
  if (endOfRow(sizes, at) < size - 1) return { section, index: Math.min(index + columns, size - 1) }
  const next = beside(sizes, section, 1)
  if (next === undefined) return undefined
  return { section: next, index: Math.min(column, sizeOf(sizes, next) - 1) }
}

function up(sizes: readonly number[], { section, index }: Cell): Cell | undefined {
  if (index >= columns) return { section, index: index - columns }
  const previous = beside(sizes, section, -1)
  if (previous === undefined) return undefined
  const last = sizeOf(sizes, previous) - 1
  return { section: previous, index: Math.min(last - (last % columns) + (index % columns), last) }
}

/** The nearest section in this direction that is not empty. */
function beside(sizes: readonly number[], section: number, by: 1 | -1): number | undefined {
  for (let next = section + by; next >= 0 && next < sizes.length; next += by) {
    if (sizeOf(sizes, next) > 0) return next
  }
  return undefined
}

const sizeOf = (sizes: readonly number[], section: number): number => sizes[section] ?? 0

const endOfRow = (sizes: readonly number[], { section, index }: Cell): number =>
  Math.min(index - (index % columns) + columns - 1, sizeOf(sizes, section) - 1)
