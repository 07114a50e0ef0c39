import { expect, test } from 'vitest'
import { signIn, startApp } from '../../server/test/app.ts'
import { aConversation } from '../../server/test/database.ts'
import { eventually, expectOpen, openAs, row } from './browser.ts'
import { payloads, watchForHarm } from './payloads.ts'

test(`${payloads.length} hostile texts and quotes of them are shown as text, live and after a reload`, async () => {
  expect(new Set(payloads).size).toBeGreaterThan(100)
  const app = await startApp()
  const john = await signIn(app.url, 'john')
  const page = await openAs('bill', app)
  const expectHarmless = watchForHarm(page)
  const send = async (content: string, replyTo?: number): Promise<number> => {
    const body = { content, clientKey: crypto.randomUUID(), ...(replyTo && { replyTo }) }
    const sent = await john.call('POST', '/api/conversations/1/messages', body)
    expect(sent.status).toBeLessThan(300)
    return sent.body.message.id
  }
  let previous: number | undefined
  for (const payload of payloads) previous = await send(payload, previous)
  await send('the last one', previous)
  await row(page, 'the last one').waitFor()
  await expectHarmless()

  await page.reload()
  await expectOpen(page, 'First thread')
  await row(page, 'the last one').waitFor()
  const log = page.getByRole('log')
  const seen = new Set<string>()
  const oneStepUp = async (): Promise<number> => {
    await expectHarmless()
    for (const text of await log.getByRole('article').evaluateAll(textsOf)) seen.add(text)
    await log.evaluate((element) => (element.scrollTop -= element.clientHeight / 2))
    return seen.size
  }
  await eventually(oneStepUp, 60_000).toBeGreaterThan(payloads.length * 0.9)
  await expectHarmless()
})

const textsOf = (rows: Element[]): string[] => rows.map((each) => each.textContent ?? '')

test('hostile names and topics of conversations are shown as text', async () => {
  const app = await startApp()
  const names = payloads.filter(({ length }) => length <= 80).slice(0, 28)
  // Not over the API: some are older than the rule that a name is one line.
  for (const name of names) {
    const id = await aConversation(app.db, [1], 'private')
    await app.db.conversations.change(id, 1, { name, topic: name })
  }
  const page = await openAs('john', app)
  const expectHarmless = watchForHarm(page)
  const links = page.getByRole('navigation', { name: 'Conversations' }).getByRole('link')
  // Beside the mentions, what is saved, and the first thread.
  await eventually(() => links.count()).toBe(names.length + 3)
  for (const name of names.slice(0, 5)) {
    await links.filter({ hasText: name }).first().click()
    await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
    expect(await page.locator('header .under').textContent()).toBe(name)
    await expectHarmless()
  }
  expect(await page.title()).toContain(names[4])
})
