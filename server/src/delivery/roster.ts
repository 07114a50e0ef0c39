import type { PresenceChange } from './presence.ts'

/** From one version of this node's list to the next. */
export interface Difference {
  readonly from: number
  readonly version: number
  readonly came: readonly string[]
  readonly left: readonly string[]
}

/** Which users have sessions on which nodes, as far as this node knows. Keeps no connection. */
export interface Roster {
  enter(user: string): void
  leave(user: string): void
  /** As of the changes that were taken. */
  isOnline(user: string): boolean
  /** As of now. */
  isSomewhere(user: string): boolean
  /** Lets those go whose grace is over, and nodes whose time is. */
  settle(): void
  /** Everybody on this node, as the last differences left it. */
  own(): { version: number; users: string[] }
  /** What others do not know of this node yet; empty where nothing changed. */
  takeDifference(): Difference
  /** False where the list that the difference continues is not here. */
  follow(node: string, difference: Difference, untilMs: number): boolean
  /** The whole list of another node, unless a newer one is known. */
  replace(node: string, list: { version: number; users: readonly string[] }, untilMs: number): void
  /** The node has ended; its people have the grace to appear elsewhere. */
  retire(node: string): void
  readonly otherNodes: number
  versionOf(node: string): number | undefined
  /** Users who came or went since they were taken last. */
  takeChanges(max: number): PresenceChange[]
  /** These were not told after all. */
  giveBack(changes: readonly PresenceChange[]): void
}

interface OtherNode {
  version: number
  readonly users: Set<string>
  untilMs: number
}

/** @param clock milliseconds */
export function createRoster(graceMs: number, clock = () => performance.now()): Roster {
  /** Sessions by user; 0 while the grace lasts. */
  const here = new Map<string, number>()
  const leaving = new Map<string, number>()
  const announced = new Set<string>()
  const unannounced = new Set<string>()
  const others = new Map<string, OtherNode>()
  const touched = new Set<string>()
  const told = new Set<string>()
  let version = 0

  function note(user: string): void {
    unannounced.add(user)
    touched.add(user)
  }

  function isSomewhere(user: string): boolean {
    if (here.has(user)) return true
    for (const { users } of others.values()) if (users.has(user)) return true
    return false
  }

  function touchAll(users: Iterable<string>): void {
    for (const user of users) touched.add(user)
  }

  function settle(): void {
    const now = clock()
    for (const [user, atMs] of leaving) {
      if (atMs > now) break
      leaving.delete(user)
      here.delete(user)
      note(user)
    }
    for (const [node, { users, untilMs }] of others) {
      if (untilMs > now) continue
      others.delete(node)
      touchAll(users)
    }
  }

  function takeDifference(): Difference {
    const came: string[] = []
    const left: string[] = []
    for (const user of unannounced) {
      if (here.has(user) === announced.has(user)) continue
      if (announced.delete(user)) left.push(user)
      else {
        announced.add(user)
        came.push(user)
      }
    }
    unannounced.clear()
    const from = version
    if (came.length + left.length > 0) version++
    return { from, version, came, left }
  }

  function follow(node: string, difference: Difference, untilMs: number): boolean {
    const { from, version, came, left } = difference
    let known = others.get(node)
    if (!known && from === 0) others.set(node, (known = { version: 0, users: new Set(), untilMs }))
    if (!known) return false
    known.untilMs = untilMs
    if (known.version >= version) return true
    if (known.version !== from) return false
    known.version = version
    for (const user of came) known.users.add(user)
    for (const user of left) known.users.delete(user)
    touchAll(came)
    touchAll(left)
    return true
  }

  return {
    enter(user) {
      const sessions = here.get(user)
      here.set(user, (sessions ?? 0) + 1)
      leaving.delete(user)
      if (sessions === undefined) note(user)
    },
    leave(user) {
      const sessions = here.get(user)
      if (!sessions) return
      here.set(user, sessions - 1)
      if (sessions === 1) leaving.set(user, clock() + graceMs)
    },
    isOnline: (user) => told.has(user),
    isSomewhere,
    settle,
    own: () => ({ version, users: [...announced] }),
    takeDifference,
    follow,
    replace(node, list, untilMs) {
      const known = others.get(node)
      if (known && known.version > list.version) return
      others.set(node, { version: list.version, users: new Set(list.users), untilMs })
      touchAll(known?.users ?? [])
      touchAll(list.users)
    },
    retire(node) {
      const known = others.get(node)
      if (known) known.untilMs = Math.min(known.untilMs, clock() + graceMs)
    },
    get otherNodes() {
      return others.size
    },
    versionOf: (node) => others.get(node)?.version,
    takeChanges(max) {
      const changes: PresenceChange[] = []
      for (const user of touched) {
        if (changes.length === max) break
        touched.delete(user)
        const online = isSomewhere(user)
        if (online === told.has(user)) continue
        if (online) told.add(user)
        else told.delete(user)
        changes.push({ user, online })
      }
      return changes
    },
    giveBack(changes) {
      for (const { user, online } of changes) {
        if (online) told.delete(user)
        else told.add(user)
        touched.add(user)
      }
    },
  }
}
