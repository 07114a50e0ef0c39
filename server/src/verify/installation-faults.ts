import { setTimeout as delay } from 'node:timers/promises'
import type { BreakableDatabase } from './breakable-database.ts'
import type { Fault } from './faults.ts'
import type { Process } from './process.ts'

/** What can be broken in an installation of our own. */
interface Parts {
  apis: Process[]
  gateways: Process[]
  redis: Process
  database: BreakableDatabase
}

export function installationFaults(
  { apis, gateways, redis, database }: Parts,
  frozenMs: number,
): Fault[] {
  const killed = (processes: Process[]) => async () => {
    const chosen = processes[Math.floor(Math.random() * processes.length)]!
    await chosen.kill()
    await chosen.revive()
    return `${chosen.name} killed and started again`
  }
  return [
    { name: 'gateway killed', strike: killed(gateways) },
    { name: 'api killed', strike: killed(apis) },
    {
      name: 'redis emptied',
      async strike() {
        await gone(redis, 0)
        return 'redis killed and started again, empty'
      },
    },
    {
      name: 'redis frozen',
      async strike() {
        redis.signal('SIGSTOP')
        await delay(frozenMs)
        redis.signal('SIGCONT')
        return `redis frozen for ${frozenMs / 1_000} s`
      },
    },
    {
      name: 'postgres restarted',
      async strike() {
        const isCrash = Math.random() < 0.5
        await database.restart(isCrash ? 'SIGQUIT' : 'SIGINT')
        return isCrash ? 'postgres crashed and started again' : 'postgres restarted'
      },
    },
  ]
}

/** Nothing is carried between nodes for a while. */
export async function gone(redis: Process, forMs: number): Promise<string> {
  await redis.kill()
  await delay(forMs)
  await redis.revive()
  return `redis gone for ${forMs / 1_000} s`
}
