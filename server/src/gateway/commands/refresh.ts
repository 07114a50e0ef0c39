import { Refusal } from '@parley/protocol/refusal'
import type { Context } from '../context.ts'
import { Disconnect } from '../disconnect.ts'
import type { Session } from '../session.ts'
import { secondsUntil } from './connect.ts'

/** PROTOCOL, "Expiry and refresh". */
export async function refresh(
  context: Context,
  session: Session,
  { token }: { token?: string },
  id: number,
): Promise<void> {
  if (!token || !session.refreshable) throw new Disconnect('badRequest')
  const { expiresAtMs } = await freshEnd(context, session, token)
  if (session.closed) return
  context.expireAt(session, expiresAtMs)
  session.send({
    id,
    refresh: {
      client: session.client,
      version: context.version,
      ...(expiresAtMs !== undefined && { expires: true, ttl: secondsUntil(expiresAtMs) }),
    },
  })
}

/** A token that does not prolong the session ends it: an error reply would leave it as it is. */
async function freshEnd(context: Context, session: Session, token: string) {
  try {
    return await context.rules.refresh(session.identity!, token)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.reason === 'tokenExpired') throw new Disconnect('connectionExpired')
    if (error.reason === 'badCredentials') throw new Disconnect('invalidToken')
    throw error
  }
}
