import type { Queryable } from './pool.ts'

/** What can lose messages that were acknowledged, in the order of how soon. */
export interface DurabilityRisk {
  name: 'setting' | 'asynchronousStandby'
  /** What is so, what it can cost, and the cure. */
  sentence: string
}

interface Row {
  fsync: string
  pages: string
  commit: string
  names: string
  standbys: { name: string; state: string | null }[]
}

/** Physical standbys only: a subscriber of logical replication is not promoted in the primary's place. */
const query = `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
    current_setting('synchronous_commit') as commit,
    current_setting('synchronous_standby_names') as names,
    coalesce((select json_agg(json_build_object('name', r.application_name, 'state', r.sync_state))
      from pg_stat_replication r
      where coalesce(r.state, 'streaming') in ('streaming', 'catchup') and not exists (
        select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical'
      )), '[]') as standbys`

/** Reads what the server is set to, and who follows it. */
export async function durabilityRisks(db: Queryable): Promise<DurabilityRisk[]> {
  const [row] = await db.query<Row>({ text: query })
  return risksIn(row!)
}

const atPowerCut = 'a power cut loses messages that were acknowledged'

function risksIn({ fsync, pages, commit, names, standbys }: Row): DurabilityRisk[] {
  const risks: DurabilityRisk[] = []
  const setting = (sentence: string) => risks.push({ name: 'setting', sentence })
  if (fsync === 'off') setting(`fsync is off: ${atPowerCut}, or the whole database. Turn it on.`)
  if (pages === 'off')
    setting('full_page_writes is off: a power cut can destroy the database. Turn it on.')
  if (commit === 'off') setting(`synchronous_commit is off: ${atPowerCut}. Turn it on.`)
  if (standbys.length === 0) return risks
  const standby = (sentence: string) => risks.push({ name: 'asynchronousStandby', sentence })
  if (names === '')
    standby(
      `${standbys.length === 1 ? 'a standby follows' : `${standbys.length} standbys follow`} asynchronously: the last messages are lost where one takes over. Set synchronous_standby_names.`,
    )
  else if (commit === 'local')
    standby(
      'synchronous_commit is local: the last messages are lost where a standby takes over. Set it to on.',
    )
  else if (standbys.every(({ state }) => state === 'async'))
    standby(
      `synchronous_standby_names (${names}) names none of the standbys that follow: commits wait for one that is not there.`,
    )
  return risks
}
