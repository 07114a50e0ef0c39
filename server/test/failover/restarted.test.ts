import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { signIn, startApp, until } from '../app.ts'
import { launchServer, startSystemPostgres, type SystemPostgres } from '../postgres-15.ts'

const answeredWithinMs = 10_000
const downMs = 2_000
const restarts = 2

interface Answer {
  clientKey: string
  status: number
  tookMs: number
}

test('while PostgreSQL is restarted each send is answered within ten seconds: stored, or safe to repeat', async () => {
  let postgres: SystemPostgres | undefined = await startSystemPostgres()
  if (!postgres) return
  onTestFinished(() => postgres?.stop())
  const app = await startApp({}, { connection: postgres.connection })
  const { call } = await signIn(app.url, 'john')
  const send = (clientKey: string) =>
    call('POST', '/api/conversations/1/messages', { content: clientKey, clientKey })

  const answers: Answer[] = []
  const asked: Promise<void>[] = []
  const ask = async () => {
    const clientKey = randomUUID()
    const startMs = performance.now()
    const { status } = await send(clientKey)
    answers.push({ clientKey, status, tookMs: performance.now() - startMs })
  }
  const writing = setInterval(() => asked.push(ask()), 50)
  onTestFinished(() => clearInterval(writing))
  const stored = () => answers.filter(({ status }) => status === 200).length

  for (let restart = 0; restart < restarts; restart++) {
    const before = stored()
    await until('messages are stored again', () => stored() > before + 20, 30_000)
    await postgres.crash()
    await sleep(downMs)
    postgres = await launchServer(postgres.connection.host)
  }
  const before = stored()
  await until('messages are stored again', () => stored() > before + 20, 30_000)
  clearInterval(writing)
  await Promise.all(asked)

  expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(answeredWithinMs)
  const refused = answers.filter(({ status }) => status !== 200)
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
  for (const { clientKey } of refused) expect((await send(clientKey)).status).toBe(200)
  const contents = (await app.db.messages.newest(1, 10_000)).map(({ content }) => content)
  expect(contents.toSorted()).toEqual(answers.map(({ clientKey }) => clientKey).toSorted())
}, 120_000)
