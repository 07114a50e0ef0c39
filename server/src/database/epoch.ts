import type { Queryable } from './pool.ts'

/** The name of the numbering, read in the statement that takes or reads numbers. */
export const epochColumn = '(select value from epoch) as epoch'

interface Numbering {
  epoch: string
  system: string | undefined
  timeline: string | undefined
}

/** Stores which server numbers under the epoch. */
export async function nameServer(
  db: Queryable,
  { epoch, system, timeline }: Numbering,
): Promise<void> {
  await db.query({
    text: `update epoch set system_identifier = coalesce($2, system_identifier),
      timeline = coalesce($3, timeline) where value = $1`,
    values: [epoch, system ?? null, timeline ?? null],
  })
}

/**
 * Begins a new epoch in place of this one, on this server. `also`: epochs that it ends besides.
 * @returns its name; undefined where somebody else was first
 */
export async function beginEpoch(
  db: Queryable,
  { epoch, system, timeline }: Numbering,
  also: string[],
): Promise<string | undefined> {
  const rows = await db.query<{ value: string }>({
    text: `update epoch set value = left(replace(gen_random_uuid()::text, '-', ''), 8),
      since = clock_timestamp(), system_identifier = $2, timeline = $3, past = past || $4::text[]
      where value = $1 returning value`,
    values: [epoch, system ?? null, timeline ?? null, also],
  })
  return rows[0]?.value
}
