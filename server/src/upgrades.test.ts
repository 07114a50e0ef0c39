import { expect, test } from 'vitest'
import { startApp, until, type TestApp } from '../test/app.ts'
import { openTcp } from '../test/hostile/raw.ts'
import { tokenSecret } from '../test/tokens.ts'

/** What `curl --http2` and Java's HttpClient say with their first request. */
const h2c =
  'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'
const message = JSON.stringify({ conversation_id: 1, sender_id: 1, content: 'Hello from Java' })
const post = `POST /api/ws/messages HTTP/1.1\r\n${h2c}X-Internal-Token: internal-secret\r\nContent-Type: application/json\r\n`
const sized = (body: string) => `${post}Content-Length: ${body.length}\r\n\r\n${body}`
const chunk = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n`

async function contents({ db }: TestApp): Promise<string[]> {
  const { messages } = await db.messages.page(1, { before: undefined, after: undefined, limit: 50 })
  return messages.map(({ content }) => content)
}

test('whoever would rather speak HTTP/2 is answered in HTTP/1.1, again and again', async () => {
  const app = await startApp()
  const page = `GET /login HTTP/1.1\r\n${h2c}\r\n`
  const tcp = openTcp(app)
  for (const nth of [1, 2, 3]) {
    tcp.socket.write(page)
    await until('the page is there', () => tcp.answer().split('</html>').length === nth + 1)
  }
  expect(tcp.answer().match(/^HTTP\/1\.1 .*/gm)).toEqual(Array(3).fill('HTTP/1.1 200 OK'))
})

test('what they send along is read, at once or in pieces', async () => {
  const app = await startApp()
  const whole = openTcp(app, sized(message))
  expect(await whole.answered()).toMatch(/^HTTP\/1.1 200 /)
  const pieces = openTcp(
    app,
    `${post}Transfer-Encoding: chunked\r\n\r\n${chunk(message.slice(0, 9))}`,
  )
  await fetch(`${app.url}/livez`)
  pieces.socket.write(`${chunk(message.slice(9))}0\r\n\r\n`)
  expect(await pieces.answered()).toMatch(/^HTTP\/1.1 200 /)
  expect(await contents(app)).toEqual(['Hello from Java', 'Hello from Java'])
  const tooLarge = openTcp(app, sized('x'.repeat(1024 * 1024)))
  expect(await tooLarge.answered()).toMatch(/^HTTP\/1.1 413 /)
})

test('who sends half of it is not waited for', async () => {
  const app = await startApp({ timers: { requestTimeoutMs: 300 } })
  const tcp = openTcp(app, sized(message).slice(0, -5))
  await tcp.ended()
  expect(tcp.answer()).toMatch(/^$|^HTTP\/1.1 408 /)
})

test('a process that is only a gateway, or only the API, answers them as anybody', async () => {
  const probe = `GET /livez HTTP/1.1\r\n${h2c}\r\n`
  const gateway = await startApp({ only: 'gateway', tokenSecret })
  expect(await openTcp(gateway, probe).answered()).toMatch(/^HTTP\/1.1 200 /)
  const api = await startApp({ only: 'api' })
  expect(await openTcp(api, probe).answered()).toMatch(/^HTTP\/1.1 200 /)
})
