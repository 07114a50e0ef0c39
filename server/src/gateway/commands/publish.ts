import type { Context } from '../context.ts'
import type { Session } from '../session.ts'

/** PROTOCOL, "Publish". Chat's own channels refuse it: messages come through operations. */
export async function publish(
  context: Context,
  session: Session,
  { channel, data }: { channel: string; data?: unknown },
  id: number,
): Promise<void> {
  await context.rules.publish(session.identity!, channel, data)
  session.send({ id, publish: {} })
}
