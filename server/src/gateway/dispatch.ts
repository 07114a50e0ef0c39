import type { Command } from '@parley/protocol/frames'
import type { History } from '../delivery/history.ts'
import { answerError } from './answer-error.ts'
import { connect } from './commands/connect.ts'
import { history } from './commands/history.ts'
import { presence, presenceStatsOf, subRefresh } from './commands/presence.ts'
import { publish } from './commands/publish.ts'
import { refresh } from './commands/refresh.ts'
import { rpc } from './commands/rpc.ts'
import { subscribe, unsubscribe } from './commands/subscribe.ts'
import type { Context } from './context.ts'
import { Disconnect } from './disconnect.ts'
import type { Session } from './session.ts'

type GatewayContext = Context & { history: History }

/**
 * Commands one session may have under way, and start in one turn of the event loop. More of them
 * wait, and reading from the session pauses: others have their turn, and the database its queue short.
 */
const inFlightMax = 16
/** What asks the database costs more. Operations count 1: each has a limit of its own (`Rules.rpc`). */
const costs: Partial<Record<Command['name'], number>> = {
  subscribe: 5,
  history: 20,
  presence: 5,
  presence_stats: 5,
}

/** Takes what one session sends; commands start in the order in which they came. */
export function createDispatch(
  context: GatewayContext,
  session: Session,
): (message: Buffer) => void {
  /** What came while connect, or as many commands as may be, were under way. */
  let backlog: Command[] = []
  let paused = false
  let scheduled = false
  let lastRead: Promise<void> = Promise.resolve()

  const isBusy = () => session.state === 'connecting' || session.inFlight >= inFlightMax

  function take(command: Command): void {
    session.spend('commands', costs[command.name] ?? 1)
    if (session.closed) return
    const mayOvertake = command.name === 'pong' && session.state !== 'connecting'
    if (mayOvertake || (backlog.length === 0 && !isBusy())) run(command)
    else if (backlog.push(command) >= inFlightMax) pause()
  }

  function pause(): void {
    if (!paused) session.pauseReading()
    paused = true
  }

  function run(command: Command): void {
    if (command.name === 'pong') {
      if (!session.awaitingPong) throw new Disconnect('badRequest')
      session.awaitingPong = false
      return
    }
    if (command.name === 'connect') {
      if (session.state !== 'fresh') throw new Disconnect('badRequest')
      session.state = 'connecting'
      settle(command.id, connect(context, session, command.request, command.id), true)
      return
    }
    if (session.state !== 'connected') throw new Disconnect('badRequest')
    if (command.name === 'send') throw new Disconnect('notAvailable')
    if (command.name === 'ping') throw new Disconnect('badRequest')
    try {
      settle(command.id, start(command), false)
    } catch (error) {
      answerError(session, command.id, error, context)
    }
  }

  function start(command: Command): Promise<void> {
    switch (command.name) {
      case 'subscribe':
        return subscribe(context, session, command.request, command.id)
      case 'unsubscribe':
        return unsubscribe(context, session, command.request, command.id)
      case 'publish':
        return publish(context, session, command.request, command.id)
      case 'presence':
        return presence(context, session, command.request, command.id)
      case 'presence_stats':
        return presenceStatsOf(context, session, command.request, command.id)
      case 'history':
        return afterOtherReads(() => history(context, session, command.request, command.id))
      case 'rpc':
        return rpc(context, session, command.request, command.id)
      case 'refresh':
        return refresh(context, session, command.request, command.id)
      case 'sub_refresh':
        return subRefresh(session, command.request)
      default:
        throw new Disconnect('badRequest')
    }
  }

  /** One session reads the past once at a time: the database's queue belongs to all of them. */
  function afterOtherReads(read: () => Promise<void>): Promise<void> {
    const reading = lastRead.then(read)
    lastRead = reading.catch(() => {})
    return reading
  }

  function settle(id: number, work: Promise<void>, connecting: boolean): void {
    if (++session.inFlight === inFlightMax) pause()
    work
      .catch((error: unknown) => {
        if (connecting && !session.closed) session.state = 'refused'
        answerError(session, id, error, context)
      })
      .finally(() => {
        session.inFlight--
        goOn()
      })
  }

  /** After a refused connect the rest of its frame is dropped; what comes later is a breach. */
  function goOn(): void {
    if (session.state === 'refused' || session.closed) backlog = []
    if (backlog.length > 0) {
      if (!scheduled) setImmediate(drain)
      scheduled = true
    } else if (paused && !isBusy()) {
      paused = false
      session.resumeReading()
    }
  }

  function drain(): void {
    scheduled = false
    guard(() => {
      for (let n = 0; n < inFlightMax && backlog.length > 0 && !isBusy(); n++) run(backlog.shift()!)
      // An emptied array keeps its size, one for each connection.
      if (backlog.length === 0) backlog = []
    })
    // While commands are under way the end of one of them goes on.
    if (!isBusy()) goOn()
  }

  function guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      answerError(session, 0, error, context)
    }
  }

  return (message) => guard(() => session.codec.decode(message).forEach(take))
}
