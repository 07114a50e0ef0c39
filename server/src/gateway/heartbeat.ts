import type { Session } from './session.ts'

export interface HeartbeatOptions {
  pingIntervalMs: number
  pongTimeoutMs: number
  /** How long a connection may go without a successful connect. */
  staleAfterMs: number
}

export interface Heartbeat {
  /** The connect succeeded: pings start. */
  connected(): void
  stop(): void
}

/** PROTOCOL, "Ping / pong": pings one session, and ends it when it stays silent. */
export function startHeartbeat(session: Session, options: HeartbeatOptions): Heartbeat {
  const { pingIntervalMs, pongTimeoutMs, staleAfterMs } = options
  let timer = setTimeout(() => session.close('stale'), staleAfterMs).unref()

  function after(delayMs: number, work: () => void): void {
    clearTimeout(timer)
    timer = setTimeout(work, delayMs).unref()
  }
  function ping(): void {
    session.ping()
    after(pongTimeoutMs, judge)
  }
  function judge(): void {
    if (session.awaitingPong) session.close('noPong')
    else after(pingIntervalMs - pongTimeoutMs, ping)
  }
  return {
    // Spread, so that clients which came back together are not pinged together.
    connected: () => after(pingIntervalMs * (0.5 + Math.random() / 2), ping),
    stop: () => clearTimeout(timer),
  }
}
