import { expect, test } from 'vitest'
import { signIn, startApp } from '../../server/test/app.ts'
import { expectOpen, openAs, row } from './browser.ts'
import { payloads, watchForHarm } from './payloads.ts'

test(`${payloads.length} hostile texts are shown as text, live and after a reload`, async () => {
  expect(new Set(payloads).size).toBeGreaterThan(100)
  const app = await startApp()
  const john = await signIn(app.url, 'john')
  const page = await openAs('bill', app)
  const expectHarmless = watchForHarm(page)
  const send = async (content: string) => {
    const body = { content, clientKey: crypto.randomUUID() }
    expect((await john.call('POST', '/api/conversations/1/messages', body)).status).toBeLessThan(
      300,
    )
  }
  for (const payload of payloads) await send(payload)
  await send('the last one')
  await row(page, 'the last one').waitFor()
  await expectHarmless()

  await page.reload()
  await expectOpen(page, 'First thread')
  await row(page, 'the last one').waitFor()
  const log = page.getByRole('log')
  const seen = new Set<string>()
  for (let top = Infinity; top > 0;) {
    await expectHarmless()
    for (const id of await log.getByRole('article').evaluateAll(keysOfRows)) seen.add(id)
    top = await log.evaluate((element) => {
      element.scrollTop -= element.clientHeight / 2
      return element.scrollTop
    })
    await page.waitForTimeout(50)
  }
  await expectHarmless()
  expect(seen.size).toBeGreaterThan(payloads.length * 0.9)
})

const keysOfRows = (rows: Element[]): string[] => rows.map((each) => each.textContent ?? '')

test('hostile names and topics of conversations are shown as text', async () => {
  const app = await startApp()
  const john = await signIn(app.url, 'john')
  const names = payloads.filter(({ length }) => length <= 80).slice(0, 28)
  for (const name of names) {
    const body = { name, kind: 'private', clientKey: crypto.randomUUID() }
    expect((await john.call('POST', '/api/conversations', body)).status).toBeLessThan(300)
  }
  const page = await openAs('john', app)
  const expectHarmless = watchForHarm(page)
  const links = page.getByRole('navigation', { name: 'Conversations' }).getByRole('link')
  expect(await links.count()).toBe(names.length + 1)
  for (const name of names.slice(0, 5)) {
    await links.filter({ hasText: name }).first().click()
    await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
    await expectHarmless()
  }
  expect(await page.title()).toContain(names[4])
})
