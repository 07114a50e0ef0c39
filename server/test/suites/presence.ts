import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Presence, PresenceChange } from '../../src/delivery/presence.ts'
import { until } from '../app.ts'

/** Short ones, so that a test need not wait for people's times. */
export const quick = { intervalMs: 30, graceMs: 300, expiryMs: 1_500 }

export interface Hearing {
  presence: Presence
  /** `+7` came, `-7` went. */
  heard: string[]
  /** Most of what was told at once. */
  mostAtOnce: number
  isOnline(user: string): boolean
  /** Until it holds; how long that took. */
  untilOnline(...users: string[]): Promise<number>
  untilOffline(...users: string[]): Promise<number>
}

/** What an app does, keeping what it hears. */
export function hearing(presence: Presence): Hearing {
  const wait = async (what: string, condition: () => boolean) => {
    const startMs = performance.now()
    await until(what, condition)
    return performance.now() - startMs
  }
  const node: Hearing = {
    presence,
    heard: [],
    mostAtOnce: 0,
    isOnline: presence.isOnline,
    untilOnline: (...users) =>
      wait(`${users.join()} are online`, () => users.every(presence.isOnline)),
    untilOffline: (...users) =>
      wait(`${users.join()} are offline`, () => !users.some(presence.isOnline)),
  }
  presence.listen(async (changes) => {
    node.heard.push(...changes.map(signed))
    node.mostAtOnce = Math.max(node.mostAtOnce, changes.length)
  })
  onTestFinished(() => presence.close())
  return node
}

const signed = ({ user, online }: PresenceChange) => `${online ? '+' : '-'}${user}`

/**
 * What every driver promises.
 * @param create the presences of as many nodes, with the times of `quick`
 */
export function describePresence(
  name: string,
  create: (nodes: number) => Promise<Presence[]>,
  nodes = 2,
) {
  const somewhere = async () => {
    const all = (await create(nodes)).map(hearing)
    return { all, first: all[0]!, last: all.at(-1)! }
  }

  describe(`the ${name} presence`, () => {
    it('tells every node once who came, however many sessions they have', async () => {
      const { all, first, last } = await somewhere()
      first.presence.enter('7')
      first.presence.enter('7')
      last.presence.enter('7')
      last.presence.enter('8')
      for (const node of all) await node.untilOnline('7', '8')
      await sleep(4 * quick.intervalMs)
      for (const { heard } of all) expect(heard.toSorted()).toEqual(['+7', '+8'])
    })

    it('tells that somebody went when the last session has been over for the grace', async () => {
      const { all, first, last } = await somewhere()
      first.presence.enter('7')
      last.presence.enter('7')
      for (const node of all) await node.untilOnline('7')
      first.presence.leave('7')
      await sleep(quick.graceMs + 4 * quick.intervalMs)
      for (const node of all) expect(node.isOnline('7')).toBe(true)
      last.presence.leave('7')
      expect(await last.untilOffline('7')).toBeGreaterThan(quick.graceMs - 50)
      for (const node of all) await node.untilOffline('7')
      for (const { heard } of all) expect(heard).toEqual(['+7', '-7'])
    })

    it('tells nothing of somebody who comes back at once, here or on another node', async () => {
      const { all, first, last } = await somewhere()
      first.presence.enter('7')
      for (const node of all) await node.untilOnline('7')
      for (const [from, to] of [
        [first, first],
        [first, last],
        [last, first],
      ] as const) {
        from.presence.leave('7')
        await sleep(quick.graceMs / 3)
        to.presence.enter('7')
        await sleep(quick.graceMs + 4 * quick.intervalMs)
      }
      for (const { heard } of all) expect(heard).toEqual(['+7'])
    })

    it('tells a crowd in parts, and all of it', async () => {
      const { all, first } = await somewhere()
      const crowd = Array.from({ length: 2_500 }, (_, index) => `${index}`)
      for (const user of crowd) first.presence.enter(user)
      for (const node of all) {
        await node.untilOnline(...crowd)
        expect(node.mostAtOnce).toBeLessThanOrEqual(1_000)
        expect(new Set(node.heard).size).toBe(crowd.length)
        expect(node.heard).toHaveLength(crowd.length)
      }
    })

    it('tells again what could not be told', async () => {
      const { first } = await somewhere()
      const tries: string[] = []
      first.presence.listen(async (changes) => {
        tries.push(...changes.map(signed))
        if (tries.length === 1) throw new Error('the database is away')
      })
      first.presence.enter('7')
      await until('it is tried again', () => tries.length > 1)
      expect(tries).toEqual(['+7', '+7'])
      await first.untilOnline('7')
    })
  })
}
