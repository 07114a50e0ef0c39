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
import { decodeFrame } from './decode.ts'
import { Disconnect } from './disconnect.ts'
import type { Session } from './session.ts'

type GatewayContext = Context & { history: History }

/** Commands one session may have under way before reading from it pauses. */
const inFlightMax = 64

/** Takes the text frames of one session; commands start in the order in which they came. */
export function createDispatch(context: GatewayContext, session: Session): (text: string) => void {
  /** What came while connect was under way. */
  let backlog: Command[] = []

  function take(command: Command): void {
    if (session.closed) return
    if (session.state === 'connecting') backlog.push(command)
    else run(command)
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
      answerError(session, command.id, error, context.log)
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
        return history(context, session, command.request, command.id)
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

  function settle(id: number, work: Promise<void>, connecting: boolean): void {
    if (++session.inFlight === inFlightMax) session.pauseReading()
    work
      .catch((error: unknown) => {
        if (connecting && !session.closed) session.state = 'refused'
        answerError(session, id, error, context.log)
      })
      .finally(() => {
        if (--session.inFlight === inFlightMax - 1) session.resumeReading()
        if (connecting) drain()
      })
  }

  /** After a refused connect the rest of its frame is dropped; what comes later is a breach. */
  function drain(): void {
    const waiting = backlog
    backlog = []
    if (session.state === 'connected') guard(() => waiting.forEach(take))
  }

  function guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      answerError(session, 0, error, context.log)
    }
  }

  return (text) => guard(() => decodeFrame(text).forEach(take))
}
