import type { Logger } from '../logger.ts'
import { createPresence, presenceDefaults, type Presence, type PresenceTimers } from './presence.ts'
import { createRoster } from './roster.ts'

interface MemoryPresenceOptions extends PresenceTimers {
  log: Logger
}

/** The presence of a single node. */
export function memoryPresence({ log, ...timers }: MemoryPresenceOptions): Presence {
  const { intervalMs, graceMs } = { ...presenceDefaults, ...timers }
  return createPresence({ roster: createRoster(graceMs), intervalMs, log })
}
