import { limits } from '@parley/protocol/limits'
import type { SubscribeRequest } from '@parley/protocol/frames'
import { Refusal } from '@parley/protocol/refusal'
import type { Context } from '../context.ts'
import { join } from '../joining.ts'
import type { Session } from '../session.ts'

/** PROTOCOL, "Subscribe". A client may take over a channel that the server put it on. */
export function subscribe(
  context: Context,
  session: Session,
  request: SubscribeRequest,
  id: number,
): Promise<void> {
  const { channel } = request
  if (channel.length > limits.channelNameMaxChars) throw new Refusal('badRequest')
  const existing = session.subscriptions.get(channel)
  if (existing === 'client' || session.joining.has(channel)) throw new Refusal('alreadySubscribed')
  const clientSide = [...session.subscriptions.values()].filter((side) => side === 'client').length
  if (clientSide + session.joining.size >= limits.channelsPerSession)
    throw new Refusal('limitExceeded')
  const joining = enter(context, session, request, id).finally(() =>
    session.joining.delete(channel),
  )
  session.joining.set(channel, joining)
  return joining
}

async function enter(
  context: Context,
  session: Session,
  { channel, recover, epoch, offset }: SubscribeRequest,
  id: number,
): Promise<void> {
  const position = { epoch: epoch ?? '', offset: offset ?? 0 }
  const wish = { channel, ...(recover && { recover: position }) }
  for (;;) {
    await context.rules.subscribe(session.identity!, channel)
    const joining = await join(context, session, [wish], { serverSide: false })
    if (session.closed) return joining.release()
    const joined = joining.joined[0]
    if (joined) {
      leave(context, session, channel)
      session.send(`{"id":${id},"subscribe":${joined.resultJson}}`)
      joining.enter()
      return
    }
    joining.enter()
  }
}

/** PROTOCOL, "Unsubscribe": fine also when not subscribed; waits for a subscribe under way. */
export async function unsubscribe(
  context: Context,
  session: Session,
  { channel }: { channel: string },
  id: number,
): Promise<void> {
  const underWay = session.joining.get(channel)
  // Awaited only then: a subscribe that follows in the same frame has to find the channel left.
  if (underWay) await underWay.catch(() => {})
  leave(context, session, channel)
  session.send(`{"id":${id},"unsubscribe":{}}`)
}

/** Takes the session off the channel; false where it was not on it. */
export function leave(context: Context, session: Session, channel: string): boolean {
  if (!session.subscriptions.delete(channel)) return false
  context.hub.leave(channel, session)
  return true
}
