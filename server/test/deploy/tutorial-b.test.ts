import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { clientFor, signIn, until } from '../app.ts'
import { aToken } from '../tokens.ts'
import { openWire } from '../wire.ts'
import { anInstallation, nginx } from './installation.ts'

/** As the tutorial's chapter 7.1 has it. */
const command = `curl -X POST http://localhost:8080/api/ws/messages \\
  -H "Content-Type: application/json" \\
  -H "Accept: application/json" \\
  -H "X-Internal-Token: secret" \\
  -d '{"conversation_id":1,"sender_id":1,"content":"Hello"}'`

test.skipIf(!nginx)(
  'Tutorial B works as written, on two API and two gateway processes behind nginx',
  async () => {
    const { url, gatewayOrigin, apis, gateways } = await anInstallation()
    const curl = async (text: string) => {
      const here = text.replace('http://localhost:8080', url)
      return JSON.parse((await promisify(execFile)('sh', ['-c', here])).stdout)
    }

    // A bare WebSocket on each gateway, by the gateways' own port, subscribes and sees the message.
    const wires = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const wire = await openWire(`${gatewayOrigin}/connection/websocket`)
        await wire.connect({ token: aToken({ sub: '2' }) })
        await wire.ask({ id: 2, subscribe: { channel: 'conversation:1' } })
        return wire
      }),
    )
    expect(await curl(command)).toEqual({ id: 1, status: 'ok' })
    for (const wire of wires) {
      await until('it is seen', () => wire.publications('conversation:1').length === 1)
      const [{ data }] = wire.publications('conversation:1')
      expect(data.message).toMatchObject({ content: 'Hello', user: { id: 1, username: 'john' } })
    }
    expect(await curl(command.replace(': secret', ': wrong'))).toEqual({ message: 'Unauthorized' })
    for (const gateway of gateways) expect(gateway.said()).toContain('"subscribers":2')

    // People sign in through nginx, and chat over it.
    const [john, bill] = [await signIn(url, 'john'), await signIn(url, 'bill')]
    const { logins } = (await john.call('GET', '/api/logins')).body
    expect(logins[0].address).toBe('127.0.0.1')
    const client = clientFor(`${url.replace('http', 'ws')}/connection/websocket`, {
      cookie: bill.cookie,
    })
    const heard: string[] = []
    client.on('publication', ({ channel, data }) => {
      if (channel === 'conversation:1' && data.message) heard.push(data.message.content)
    })
    client.connect()
    await client.ready(5_000)
    const draft = { content: 'over nginx', clientKey: crypto.randomUUID() }
    expect((await john.call('POST', '/api/conversations/1/messages', draft)).status).toBe(200)
    await until('bill hears it', () => heard.includes('over nginx'))
    const answer = { conversationId: 1, content: 'and back', clientKey: crypto.randomUUID() }
    await client.rpc('messages.send', answer)
    const { body } = await john.call('GET', '/api/conversations/1/messages')
    expect(body.messages.map(({ content }: { content: string }) => content)).toEqual([
      'Hello',
      'over nginx',
      'and back',
    ])

    // Nobody finds what is not for people, nor a gateway's port's other addresses.
    for (const path of ['/livez', '/readyz', '/metrics'])
      expect((await fetch(url + path)).status, path).toBe(404)
    expect((await fetch(gatewayOrigin.replace('ws', 'http'))).status).toBe(404)
    for (const { said } of [...apis, ...gateways]) expect(said()).not.toMatch(/"level":(50|60)/)
  },
)
