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
  const { expiresAtMs } = await context.rules.refresh(session.identity!, token)
  if (expiresAtMs !== undefined) context.expireAt(session, expiresAtMs)
  session.send(
    JSON.stringify({
      id,
      refresh: {
        client: session.client,
        version: context.version,
        ...(expiresAtMs !== undefined && { expires: true, ttl: secondsUntil(expiresAtMs) }),
      },
    }),
  )
}
