import { isOperation } from '@parley/protocol/operations'
import type { Publication } from '../../delivery/publication.ts'
import { requestIdOf } from '../answer-error.ts'
import type { Context } from '../context.ts'
import type { Reply } from '../codec/codec.ts'
import { subscribePush } from '../pushes.ts'
import type { Session } from '../session.ts'

interface Hold {
  channel: string
  end(): Publication[]
}

/** PROTOCOL, "RPC". */
export async function rpc(
  context: Context,
  session: Session,
  { method, data }: { method?: string; data?: unknown },
  id: number,
): Promise<void> {
  let hold: Hold | undefined
  const startMs = performance.now()
  try {
    const answer = await context.rules.rpc(session.identity!, method ?? '', data, {
      async hold(channel) {
        hold = { channel, end: await session.hold(channel) }
      },
    })
    const reply: Reply = { id, rpc: { data: answer.data } }
    if (!hold) {
      session.send(reply)
      return
    }
    await answerHeld(context, session, hold, reply, answer.contains ?? [])
    hold = undefined
  } finally {
    if (hold) session.deliverPrivately(hold.end())
    const ms = Math.round(performance.now() - startMs)
    context.log.debug({ requestId: requestIdOf(session, id), method: known(method), ms }, 'rpc')
  }
}

/** Other names are whatever somebody wrote: not for a log. */
const known = (method = ''): string =>
  isOperation(method) || /^thread:(history|publish)$/.test(method) ? method : 'unknown'

/**
 * The answer, then what was held and is not part of it. Where something was left out, the client's
 * position moves past it by a push.subscribe, so that a recovery does not bring it again: in the
 * answer's own frame, because the connection may be cut between two. The rest has to be frames of
 * its own: SDKs run what waits for an answer only after they have dispatched its whole frame.
 */
async function answerHeld(
  context: Context,
  session: Session,
  hold: Hold,
  reply: Reply,
  contains: number[],
): Promise<void> {
  const seat = await context.hub.seat(hold.channel, session.user)
  try {
    await seat.reach(...contains)
    const answered = new Set(contains)
    const held = hold.end()
    const isAnswered = ({ position }: Publication) => position && answered.has(position.offset)
    const last = held.findLast((each) => isAnswered(each) && !each.late)?.position
    const moves = last && session.subscriptions.has(hold.channel)
    session.send(reply, ...(moves ? [subscribePush(hold.channel, last)] : []))
    session.deliverPrivately(held.filter((publication) => !isAnswered(publication)))
  } finally {
    seat.release()
  }
}
