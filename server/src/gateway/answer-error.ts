import { errorCodes } from '@parley/protocol/codes'
import { Refusal } from '@parley/protocol/refusal'
import type { Context } from './context.ts'
import { Disconnect } from './disconnect.ts'
import type { Session } from './session.ts'

/** The gateway's one translation of whatever a command threw: an error reply, or the end of the connection. */
export function answerError(
  session: Session,
  id: number,
  error: unknown,
  { log, metrics }: Pick<Context, 'log' | 'metrics'>,
): void {
  if (error instanceof Disconnect) {
    session.close(error.reason)
    return
  }
  if (!(error instanceof Refusal))
    log.error({ err: error, requestId: requestIdOf(session, id) }, 'a command failed')
  const refusal = error instanceof Refusal ? error : new Refusal('internal')
  metrics.refused('websocket', refusal.reason)
  const { code, temporary } = errorCodes[refusal.reason] as { code: number; temporary?: true }
  session.send({ id, error: { code, message: refusal.message, ...(temporary && { temporary }) } })
  if (!temporary) session.spend('errors')
}

/** What the client knows too: its own id from the connect reply, and the number of its command. */
export const requestIdOf = ({ client }: Session, id: number): string => `${client}/${id}`
