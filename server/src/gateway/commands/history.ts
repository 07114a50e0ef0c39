import type { StreamPosition } from '@parley/protocol/frames'
import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import type { ChannelKind, History, Stretch } from '../../delivery/history.ts'
import type { Context } from '../context.ts'
import type { Session } from '../session.ts'

interface HistoryRequest {
  channel: string
  limit?: number
  since?: StreamPosition
  reverse?: boolean
}

/** PROTOCOL, "History". Reads the past itself, so it also works where this node lags behind. */
export async function history(
  context: Context & { history: History },
  session: Session,
  request: HistoryRequest,
  id: number,
): Promise<void> {
  const { channel, since, reverse = false } = request
  await context.rules.subscribe(session.identity!, channel)
  const kind = context.history.kindOf(channel)
  if (kind === 'plain' || (reverse && kind !== 'line')) throw new Refusal('notAvailable')
  if (reverse && since?.offset === 0) throw new Refusal('badRequest')
  const limit = limitOf(request.limit)
  const { top, publications } = await read(context.history, kind, channel, {
    since,
    reverse,
    limit,
  })
  if (since?.epoch && since.epoch !== top.epoch) throw new Refusal('unrecoverablePosition')
  session.send({ id, history: { publications, epoch: top.epoch, offset: top.offset } })
}

/** 0 asks for the position only; negative or too large means the maximum. */
function limitOf(limit = 0): number {
  const max = limits.historyPublicationsMax
  return limit < 0 || limit > max ? max : limit
}

async function read(
  past: History,
  kind: ChannelKind,
  channel: string,
  wish: { since: StreamPosition | undefined; reverse: boolean; limit: number },
): Promise<Stretch> {
  if (wish.limit === 0) return { top: await past.top(channel), publications: [] }
  if (!wish.reverse || kind !== 'line')
    return past.after(channel, wish.since?.offset ?? 0, wish.limit)
  const afterTop = (await past.top(channel)).offset + 1
  const end = Math.min(wish.since?.offset ?? afterTop, afterTop)
  const start = Math.max(0, end - wish.limit - 1)
  const { top, publications } = await past.after(
    channel,
    start,
    Math.min(wish.limit, end - 1 - start),
  )
  return { top, publications: publications.reverse() }
}
