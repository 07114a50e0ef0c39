import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelClients } from '../delivery/channel-clients.ts'
import type { Hub } from '../delivery/hub.ts'
import type { History } from '../delivery/history.ts'
import type { Presence } from '../delivery/presence.ts'
import type { Logger } from '../logger.ts'
import { noMetrics, type Metrics } from '../metrics.ts'
import { codecs } from './codec/codecs.ts'
import { frameMaxBytes } from './commands/connect.ts'
import { leave } from './commands/subscribe.ts'
import type { Context } from './context.ts'
import { createCoolDown } from './cool-down.ts'
import { createDispatch } from './dispatch.ts'
import { endAll } from './farewell.ts'
import { startHeartbeat, type Heartbeat } from './heartbeat.ts'
import { createRechecks } from './rechecks.ts'
import type { Rules } from './rules.ts'
import { Session } from './session.ts'
import { createWebsocketServer, refuseUpgrade, type Connection } from './websocket.ts'

export interface GatewayTimers {
  pingIntervalMs?: number
  pongTimeoutMs?: number
  staleAfterMs?: number
  /** After its end a session has this long to be refreshed (PROTOCOL, "Expiry and refresh"). */
  expiredGraceMs?: number
  /**
   * How often all sessions are compared with the users' revs: this is how a node learns what another
   * process changed, and what the bus lost.
   */
  recheckIntervalMs?: number
}

export interface GatewayOptions extends GatewayTimers {
  hub: Hub
  history: History
  clients: ChannelClients
  presence: Pick<Presence, 'enter' | 'leave'>
  rules: Rules
  log: Logger
  metrics?: Metrics
  version: string
}

export interface Gateway {
  /** Serves WebSocket upgrades of this HTTP server; other paths are answered with 404. */
  attach(server: Server): void
  /** Sessions of this node by state. */
  counts(): Record<string, number>
  /** Takes no new sessions and ends all with `shutdown`, in waves: clients come back by themselves. */
  close(): Promise<void>
}

const timerMaxMs = 2 ** 31 - 1

/** Accepts connections and keeps the sessions of this node. */
export function createGateway(options: GatewayOptions): Gateway {
  const { hub, history, clients, presence, rules, log, metrics = noMetrics, version } = options
  const { pingIntervalMs = 25_000, pongTimeoutMs = 8_000, staleAfterMs = 10_000 } = options
  const { expiredGraceMs = 25_000, recheckIntervalMs = 500 } = options
  const sessions = new Map<Session, Heartbeat>()
  const expiries = new Map<Session, NodeJS.Timeout>()
  const coolDown = createCoolDown()
  let closing = false

  const context: Context & { history: History } = {
    hub,
    history,
    clients,
    rules,
    log,
    metrics,
    version,
    pingIntervalMs,
    async calm(user) {
      const leftMs = coolDown.leftMs(user)
      if (leftMs > 0) await sleep(leftMs, undefined, { ref: false })
    },
    register(session) {
      rechecks.register(session)
      presence.enter(session.user)
    },
    watch: (session, channels) => rechecks.watch(session, channels),
    connected(session) {
      sessions.get(session)?.connected()
      rechecks.connected(session)
    },
    expireAt(session, atMs) {
      clearTimeout(expiries.get(session))
      if (atMs === undefined) return
      const delayMs = Math.min(timerMaxMs, atMs - Date.now() + expiredGraceMs)
      expiries.set(session, setTimeout(() => session.close('connectionExpired'), delayMs).unref())
    },
  }
  const rechecks = createRechecks(context, recheckIntervalMs)

  function accept(connection: Connection): void {
    const { socket, request, form, onMessage, onControl, onClose, refuseTooLarge } = connection
    const { cookie, origin, host } = request.headers
    const session = new Session(
      socket,
      { cookie, origin, host },
      {
        codec: codecs[form],
        onReset: rechecks.rejoin,
        onExcess: ({ user }) => coolDown.offended(user),
      },
    )
    const dispatch = createDispatch(context, session)
    sessions.set(session, startHeartbeat(session, { pingIntervalMs, pongTimeoutMs, staleAfterMs }))
    onMessage((message) => {
      session.spend('bytes', message.length)
      if (session.closed) return
      if (message.length > frameMaxBytes(session)) refuseTooLarge()
      else dispatch(message)
    })
    onControl(() => session.spend('commands'))
    onClose(() => end(session))
    if (closing) session.close('shutdown')
  }

  function end(session: Session): void {
    metrics.disconnected(session.endedWith)
    session.state = 'closed'
    sessions.get(session)?.stop()
    sessions.delete(session)
    clearTimeout(expiries.get(session))
    expiries.delete(session)
    rechecks.forget(session)
    if (session.identity) presence.leave(session.user)
    for (const [channel] of session.subscriptions) leave(context, session, channel)
  }

  const upgrade = createWebsocketServer(accept)

  return {
    attach(server) {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => {})
        if (closing) refuseUpgrade(socket, 'Stopping\n', '503 Service Unavailable')
        else if (!upgrade(request, socket, head))
          refuseUpgrade(socket, 'Not found\n', '404 Not Found')
      })
    },
    counts() {
      const counts: Record<string, number> = { fresh: 0, connecting: 0, connected: 0, refused: 0 }
      for (const { state } of sessions.keys()) counts[state] = (counts[state] ?? 0) + 1
      return counts
    },
    async close() {
      closing = true
      rechecks.stop()
      await endAll(sessions)
    },
  }
}
