import { Refusal } from '@parley/protocol/refusal'
import type { PresenceEntry } from '../../delivery/channel-clients.ts'
import type { Context } from '../context.ts'
import type { Session } from '../session.ts'

const byClient = (entries: PresenceEntry[]) =>
  Object.fromEntries(entries.map(({ client, user }) => [client, { user, client }]))

/** PROTOCOL, "Presence": only for those who may subscribe. */
export async function presence(
  context: Context,
  session: Session,
  { channel }: { channel: string },
  id: number,
): Promise<void> {
  await context.rules.subscribe(session.identity!, channel)
  const entries = await context.clients.list(channel)
  session.send({ id, presence: { presence: byClient(entries) } })
}

export async function presenceStatsOf(
  context: Context,
  session: Session,
  { channel }: { channel: string },
  id: number,
): Promise<void> {
  await context.rules.subscribe(session.identity!, channel)
  const { clients, users } = await context.clients.count(channel)
  session.send({ id, presence_stats: { num_clients: clients, num_users: users } })
}

/** Subscriptions of Parley never expire, so there is nothing to refresh. */
export function subRefresh(session: Session, { channel }: { channel: string }): never {
  throw new Refusal(session.subscriptions.has(channel) ? 'notAvailable' : 'permissionDenied')
}
