import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openNetwork, type Network } from './network.ts'

/** A client at one end and a server's socket at the other, with a network between them. */
async function ends(): Promise<{ client: Socket; server: Socket; network: Network }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const network = await openNetwork({ host: '127.0.0.1', port })
  const accepted = once(listener, 'connection') as Promise<[Socket]>
  const client = connect(network.port, '127.0.0.1').setNoDelay(true)
  const [server] = await accepted
  for (const socket of [client, server]) socket.on('error', () => {})
  onTestFinished(() => {
    network.close()
    listener.close()
    client.destroy()
    server.destroy()
  })
  return { client, server, network }
}

/** Unlike `once`, which takes a reset for a failure. */
const closed = (socket: Socket) =>
  new Promise<void>((resolve) => socket.on('close', () => resolve()))

async function textUntil(socket: Socket, end: string): Promise<string> {
  let text = ''
  for await (const chunk of socket) if ((text += chunk).endsWith(end)) break
  return text
}

test('what is sent while the network becomes slow and quick again arrives in order', async () => {
  const { client, server, network } = await ends()
  const arrived = textUntil(server, '.')
  let expected = ''
  for (let n = 0; n < 400; n++) {
    if (n === 100) network.delay(30, 200)
    expected += `${n},`
    client.write(`${n},`)
    if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  client.write('.')
  expect(await arrived).toBe(`${expected}.`)
})

test('a cut ends both ends of a connection', async () => {
  const { client, server, network } = await ends()
  const ended = Promise.all([closed(client), closed(server)])
  expect(network.cut(1)).toBe(1)
  await ended
})

test('on a silent connection nothing arrives, and only the client hears of its end', async () => {
  const { client, server, network } = await ends()
  let heard = ''
  server.on('data', (chunk) => (heard += chunk))
  network.silence(1, 50)
  client.write('lost')
  await closed(client)
  expect([heard, server.destroyed]).toEqual(['', false])
})
