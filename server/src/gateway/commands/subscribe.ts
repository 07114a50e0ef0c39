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
  return inTurn(session, channel, async () => {
    if (channel.length > limits.channelNameMaxChars) throw new Refusal('badRequest')
    if (session.subscriptions.side(channel) === 'client') throw new Refusal('alreadySubscribed')
    if (session.subscriptions.count('client') + session.joining.size >= limits.channelsPerSession)
      throw new Refusal('limitExceeded')
    session.joining.add(channel)
    await enter(context, session, request, id).finally(() => session.joining.delete(channel))
  })
}

/** Subscribes and unsubscribes of one channel happen one after the other, the first one at once. */
function inTurn(session: Session, channel: string, work: () => Promise<void>): Promise<void> {
  const before = session.turns.get(channel)
  const turn = before ? before.then(work, work) : work()
  session.turns.set(channel, turn)
  const over = () => {
    if (session.turns.get(channel) === turn) session.turns.delete(channel)
  }
  turn.then(over, over)
  return turn
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
      session.send({ id, subscribe: joined.result })
      joining.enter()
      return
    }
    joining.enter()
  }
}

/** PROTOCOL, "Unsubscribe": fine also when not subscribed. */
export const unsubscribe = (
  context: Context,
  session: Session,
  { channel }: { channel: string },
  id: number,
): Promise<void> =>
  inTurn(session, channel, async () => {
    leave(context, session, channel)
    session.send({ id, unsubscribe: {} })
  })

/** Takes the session off the channel; false where it was not on it. */
export function leave(context: Context, session: Session, channel: string): boolean {
  if (!session.subscriptions.delete(channel)) return false
  context.hub.leave(channel, session)
  return true
}
