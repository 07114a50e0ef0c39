import type { ConnectRequest } from '@parley/protocol/frames'
import { limits } from '@parley/protocol/limits'
import type { Context } from '../context.ts'
import type { ConnectReply } from '../codec/codec.ts'
import { join, type Joined, type Wish } from '../joining.ts'
import { Disconnect } from '../disconnect.ts'
import type { Grant } from '../rules.ts'
import type { Session } from '../session.ts'

/** PROTOCOL, "Connection life". The session is registered before its rights are read. */
export async function connect(
  context: Context,
  session: Session,
  request: ConnectRequest,
  id: number,
): Promise<void> {
  const grant = await context.rules.connect({
    token: request.token || undefined,
    data: request.data,
    ...session.headers,
  })
  await context.calm(grant.identity.user)
  if (session.closed) return
  session.identity = grant.identity
  session.refreshable = grant.expiresAtMs !== undefined
  context.register(session)
  const channels = await context.rules.recheck(grant.identity)
  if (!channels) throw new Disconnect('invalidToken')
  // Before the reply: whoever lists the others after it misses nothing.
  await context.watch(session, channels.later)
  const joining = await join(context, session, wishesOf(channels.now, request), {
    serverSide: true,
  })
  if (session.closed) return joining.release()
  session.state = 'connected'
  session.send({ id, connect: resultOf(context, session, grant, joining.joined) })
  joining.enter()
  context.connected(session)
  context.expireAt(session, grant.expiresAtMs)
}

function wishesOf(channels: string[], { subs = {} }: ConnectRequest): Wish[] {
  return channels.map((channel) => {
    const sub = Object.hasOwn(subs, channel) ? subs[channel] : undefined
    if (!sub?.recover) return { channel }
    return { channel, recover: { epoch: sub.epoch ?? '', offset: sub.offset ?? 0 } }
  })
}

function resultOf(
  context: Context,
  session: Session,
  { data, expiresAtMs }: Grant,
  joined: Joined[],
): ConnectReply {
  return {
    client: session.client,
    version: context.version,
    ...(expiresAtMs !== undefined && { expires: true, ttl: secondsUntil(expiresAtMs) }),
    data,
    ping: Math.round(context.pingIntervalMs / 1_000),
    pong: true,
    subs: Object.fromEntries(joined.map(({ channel, result }) => [channel, result])),
  }
}

const yearSeconds = 365 * 24 * 3_600

/** Whole seconds, at least 1 and at most a year. */
export const secondsUntil = (atMs: number): number =>
  Math.min(yearSeconds, Math.max(1, Math.ceil((atMs - Date.now()) / 1_000)))

/** The limit for one frame, which is wider for the first one (SDKs send their positions). */
export const frameMaxBytes = (session: Session): number =>
  session.state === 'fresh' ? limits.connectFrameMaxBytes : limits.frameMaxBytes
