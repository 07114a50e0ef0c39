import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { aCluster, signIn, until } from '../app.ts'
import { aRedis } from '../redis.ts'

const config = (url: string) => ({ redis: { url, prefix: 'parley', keepHours: 1 } })

test('curl on the internal endpoint, and redis-cli that subscribed to chat.messages sees the message', async () => {
  const redis = await aRedis()
  const [app] = await aCluster(config(redis.url), 1)
  const port = new URL(redis.url).port
  const cli = spawn('redis-cli', ['-p', port, 'SUBSCRIBE', 'chat.messages'])
  onTestFinished(() => void cli.kill())
  let output = ''
  cli.stdout.on('data', (chunk) => (output += chunk))
  await until('it has subscribed', () => output.includes('subscribe'))

  const curl = spawn('curl', [
    ...['-s', '-X', 'POST', `${app!.url}/api/ws/messages`],
    ...['-H', 'Accept: application/json', '-H', 'Content-Type: application/json'],
    ...['-H', 'X-Internal-Token: internal-secret'],
    ...['-d', '{"conversation_id":1,"sender_id":1,"content":"Hello realtime"}'],
  ])
  let answer = ''
  curl.stdout.on('data', (chunk) => (answer += chunk))
  await once(curl, 'exit')
  expect(JSON.parse(answer)).toEqual({ id: expect.any(Number), status: 'ok' })

  await until('it has come', () => output.includes('{'))
  const line = output.split('\n').find((each) => each.startsWith('{'))!
  const message = JSON.parse(line)
  expect(message).toEqual({
    conversation_id: 1,
    id: JSON.parse(answer).id,
    user_id: 1,
    type: 'text',
    content: 'Hello realtime',
    meta: null,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
  expect(Object.keys(message).join()).toBe(
    'conversation_id,id,user_id,type,content,meta,created_at',
  )
  const [[, fields]] = (await redis.client().xrange('chat.messages:stream', '-', '+')) as any
  expect(fields).toEqual(['message', line])
})

test('messages of private conversations and of every door are published as well', async () => {
  const redis = await aRedis()
  const [app] = await aCluster(config(redis.url), 1)
  const john = await signIn(app!.url, 'john')
  const made = await john.call('POST', '/api/conversations', { name: 'Two', userIds: [2] })
  const { id } = made.body.conversation
  const heard: any[] = []
  const listener = redis.client()
  listener.on('message', (_channel, text) => heard.push(JSON.parse(text)))
  await listener.subscribe('chat.messages')
  const path = `/api/conversations/${id}/messages`
  const clientKey = crypto.randomUUID()
  const sent = await john.call('POST', path, { content: 'only us', clientKey })
  await john.call('POST', path, { content: 'only us', clientKey })
  await john.call('POST', path, { content: 'again', clientKey: crypto.randomUUID() })
  await until('both came', () => heard.length >= 2)
  expect(heard).toMatchObject([
    { conversation_id: id, id: sent.body.message.id, user_id: 1, content: 'only us' },
    { conversation_id: id, content: 'again' },
  ])
})
