import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { signIn, until, type TestApp } from '../app.ts'
import { openWire, type Wire } from '../wire.ts'

/** bill on the same server, who is to notice nothing of what others do. */
export interface Bystander {
  wire: Wire
  ask(command: Record<string, unknown>): Promise<any>
  /** The server is up, bill's connection is still the same, and his messages come back to him. */
  noticesNothing(): Promise<void>
}

export async function aBystander(app: TestApp): Promise<Bystander> {
  const { cookie } = await signIn(app.url, 'bill')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie } })
  await wire.connect()
  let lastId = 1
  const ask = (command: Record<string, unknown>) => wire.ask({ id: ++lastId, ...command })
  return {
    wire,
    ask,
    async noticesNothing() {
      expect((await fetch(`${app.url}/login`)).status).toBe(200)
      const content = `still here ${randomUUID()}`
      const draft = { conversationId: 1, content, clientKey: randomUUID() }
      const reply = await ask({ rpc: { method: 'messages.send', data: draft } })
      expect(reply.rpc.data.message.content).toBe(content)
      const seen = () =>
        wire.publications('conversation:1').some(({ data }) => data.message?.content === content)
      await until('bill sees his message', seen)
      expect(wire.ended).toBeUndefined()
    },
  }
}

/** john's connection to the same server, connected. */
export async function anAttacker(app: TestApp, options: { pongs?: boolean } = {}): Promise<Wire> {
  const { cookie } = await signIn(app.url, 'john')
  const wire = await openWire(app.gatewayUrl, { headers: { cookie }, ...options })
  await wire.connect()
  return wire
}
