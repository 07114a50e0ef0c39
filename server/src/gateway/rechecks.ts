import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import { leave } from './commands/subscribe.ts'
import type { Context } from './context.ts'
import { join } from './joining.ts'
import { subscribePush, unsubscribePush } from './pushes.ts'
import type { Session } from './session.ts'
import { createWatching } from './watching.ts'

export interface Rechecks {
  /** From now on the session is told when its user's rights change. */
  register(session: Session): void
  /** It is put on these once something changes there. */
  watch(session: Session, channels: readonly string[]): Promise<void>
  /** Runs the recheck that was asked for while the session was connecting. */
  connected(session: Session): void
  forget(session: Session): void
  /** Starts one subscription anew, after the hub lost its position. */
  rejoin(session: Session, channel: string): void
  stop(): void
}

/** Comparing sessions with the database takes at most this share of the time. */
const shareMax = 1 / 50
const restMaxMs = 20_000
const afterFailureMs = 5_000
/** A session that was put on more channels one by one begins anew, on those that are in use by then. */
const channelsMax = 2 * limits.conversationsPerSession
/** Everybody starts anew at once when the numbering does: what they read is spread over this. */
const returnMsPerSession = 1
const returnMaxMs = 10_000

/** Keeps sessions in step with rights: ends what is no longer allowed, adds what now is. */
export function createRechecks(context: Context, intervalMs: number): Rechecks {
  const byUser = new Map<string, Set<Session>>()
  const watching = createWatching(context.hub, (session) => void recheck(session))
  context.hub.onRecheck((user) => {
    for (const session of byUser.get(user) ?? []) void recheck(session)
  })
  /** Server-side channels that lost their position and were not entered again yet. */
  const lost = new Map<Session, Set<string>>()
  /** Those who wait for their turn to enter them. */
  const returning = new Set<Session>()
  let backstop = setTimeout(compare, intervalMs).unref()
  let registered = 0
  let stopped = false

  async function recheck(session: Session): Promise<void> {
    if (session.state === 'refused' || session.closed) return
    if (session.state === 'connecting' || session.recheck !== 'idle') {
      session.recheck = 'again'
      return
    }
    do {
      session.recheck = 'running'
      try {
        await apply(session)
      } catch (error) {
        context.log.warn({ err: error, client: session.client }, 'a recheck failed, trying again')
        setTimeout(() => void recheck(session), afterFailureMs).unref()
      }
    } while ((session.recheck as Session['recheck']) === 'again')
    session.recheck = 'idle'
  }

  async function apply(session: Session): Promise<void> {
    const left = [...(lost.get(session) ?? [])]
    const { muted } = session.identity!
    const channels = await context.rules.recheck(session.identity!)
    if (session.closed) return
    if (!channels) {
      session.close('invalidToken')
      return
    }
    const allowed = new Set([...channels.now, ...channels.later])
    for (const [channel, side] of session.subscriptions)
      if (side === 'server' ? !allowed.has(channel) : !(await may(session, channel)))
        end(session, channel)
    const isOff = (channel: string) => !session.subscriptions.has(channel)
    const later = channels.later.filter(isOff)
    const due = [...channels.now.filter(isOff), ...watching.due(session, later)]
    if (session.subscriptions.count('server') + due.length > channelsMax)
      return session.close('forceReconnect')
    await add(session, due)
    await watching.follow(session, later.filter(isOff))
    for (const channel of left) {
      if (!allowed.has(channel)) session.send(unsubscribePush(channel, 'server'))
      lost.get(session)?.delete(channel)
    }
    if (String(muted) !== String(session.identity!.muted)) await tellStates(session)
  }

  /** Another part of the state is to be seen: all of it is told anew. */
  async function tellStates(session: Session): Promise<void> {
    const channels = [...session.subscriptions].map(([channel]) => channel)
    const states = await context.rules.states(session.identity!, channels)
    session.deliverEach(
      [...states]
        .filter(([channel]) => session.subscriptions.has(channel))
        .map(([channel, state]) => ({ channel, data: JSON.stringify(state) })),
    )
  }

  async function may(session: Session, channel: string): Promise<boolean> {
    try {
      await context.rules.subscribe(session.identity!, channel)
      return true
    } catch (error) {
      if (error instanceof Refusal && error.reason !== 'unavailable') return false
      throw error
    }
  }

  function end(session: Session, channel: string): void {
    if (leave(context, session, channel)) session.send(unsubscribePush(channel, 'server'))
  }

  async function add(session: Session, channels: string[]): Promise<void> {
    if (channels.length === 0) return
    const wishes = channels.map((channel) => ({ channel }))
    const joining = await join(context, session, wishes, { serverSide: true })
    if (session.closed) return joining.release()
    for (const { channel, screen } of joining.joined) session.send(subscribePush(channel, screen))
    joining.enter()
  }

  function rejoin(session: Session, channel: string): void {
    const side = session.subscriptions.side(channel)
    if (!side || session.closed) return
    leave(context, session, channel)
    if (side === 'server') {
      lost.set(session, (lost.get(session) ?? new Set()).add(channel))
      returnLater(session)
    } else session.send(unsubscribePush(channel, 'insufficientState'))
  }

  function returnLater(session: Session): void {
    if (returning.has(session)) return
    returning.add(session)
    const delayMs = Math.random() * Math.min(returnMaxMs, registered * returnMsPerSession)
    setTimeout(() => {
      returning.delete(session)
      void recheck(session)
    }, delayMs).unref()
  }

  /** What other processes changed is seen here, and what the bus lost. */
  async function compare(): Promise<void> {
    const startMs = performance.now()
    const failed = !(await checkAll())
    const restMs = Math.min(restMaxMs, (performance.now() - startMs) / shareMax)
    const delayMs = Math.max(intervalMs, restMs, failed ? afterFailureMs : 0)
    if (!stopped) backstop = setTimeout(compare, delayMs).unref()
  }

  async function checkAll(): Promise<boolean> {
    const identities = [...byUser.values()].flatMap((same) =>
      [...same].map((session) => session.identity!),
    )
    if (identities.length === 0) return true
    try {
      for (const user of await context.rules.changedUsers(identities))
        for (const session of byUser.get(user) ?? []) void recheck(session)
      return true
    } catch (error) {
      context.log.warn({ err: error }, 'could not compare sessions with the users')
      return false
    }
  }

  return {
    register(session) {
      let same = byUser.get(session.user)
      if (!same) byUser.set(session.user, (same = new Set()))
      same.add(session)
      registered++
    },
    watch: watching.follow,
    connected(session) {
      if (session.recheck !== 'again') return
      session.recheck = 'idle'
      void recheck(session)
    },
    forget(session) {
      lost.delete(session)
      watching.forget(session)
      const same = byUser.get(session.user)
      if (same?.delete(session)) registered--
      if (same?.size === 0) byUser.delete(session.user)
    },
    rejoin,
    stop() {
      stopped = true
      clearTimeout(backstop)
    },
  }
}
