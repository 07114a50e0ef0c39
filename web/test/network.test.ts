import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../../server/test/app.ts'
import { composer, eventually, expectTexts, openAs as openUncut, row, write } from './browser.ts'
import { aProxy } from './proxy.ts'

const openAs = (username: string, app: { url: string }) => openUncut(username, app, { cuts: true })

/** Writes past the server, as another node would. */
const store = ({ db }: TestApp, content: string, userId = 1) =>
  db.messages.send({ conversationId: 1, userId, clientKey: randomUUID(), content })

const stored = async ({ db }: TestApp) =>
  (await db.messages.newest(1, 1_000)).map(({ content }) => content)

const banner = (page: Page) => page.getByText('No connection. Trying again')
const waiting = (page: Page) => page.getByText('Waiting for the connection')

test('what was written while the server was away is there once it is back, once and in order', async () => {
  const app = await startApp()
  const [john, bill] = [await openAs('john', app), await openAs('bill', app)]
  await write(john, 'before')
  await expectTexts(bill, ['before'])
  await app.stop()
  await store(app, 'meanwhile 1')
  await store(app, 'meanwhile 2', 2)
  await app.start()
  const all = ['before', 'meanwhile 1', 'meanwhile 2']
  await expectTexts(bill, all)
  await expectTexts(john, all)
  await write(bill, 'after')
  await expectTexts(john, [...all, 'after'])
  await expectTexts(bill, [...all, 'after'])
})

test('messages typed while the server is away wait, and leave once and in order when it is back', async () => {
  const app = await startApp()
  const [john, bill] = [await openAs('john', app), await openAs('bill', app)]
  await app.stop()
  await write(john, 'first')
  await write(john, 'second')
  await expectTexts(john, ['first', 'second'])
  await row(john, 'first').getByText('Waiting for the connection').waitFor()
  await row(john, 'second').getByText('Waiting for the connection').waitFor()
  await app.start()
  await expectTexts(bill, ['first', 'second'])
  await eventually(() => waiting(john).count()).toBe(0)
  await expectTexts(john, ['first', 'second'])
  expect(await stored(app)).toEqual(['first', 'second'])
})

test('a cut of a second shows nothing, a longer one a banner that goes when it is over', async () => {
  const app = await startApp()
  const proxy = await aProxy(app)
  const [john, bill] = [await openAs('john', proxy), await openAs('bill', app)]
  await john.evaluate(() => {
    const page = globalThis as { bannersSeen?: number }
    page.bannersSeen = 0
    new MutationObserver(() => {
      if (document.body.textContent.includes('No connection')) page.bannersSeen!++
    }).observe(document.body, { childList: true, subtree: true })
  })
  const bannersSeen = () =>
    john.evaluate(() => (globalThis as { bannersSeen?: number }).bannersSeen)

  const accepted = proxy.accepted
  await proxy.cut()
  await pause(1_000)
  await proxy.mend()
  await write(john, 'that was short')
  await expectTexts(bill, ['that was short'])
  expect(proxy.accepted).toBeGreaterThan(accepted)
  expect(await bannersSeen()).toBe(0)

  const cutAt = performance.now()
  await proxy.cut()
  await banner(john).waitFor()
  expect(performance.now() - cutAt).toBeGreaterThan(1_900)
  expect(await bannersSeen()).toBeGreaterThan(0)
  await proxy.mend()
  await banner(john).waitFor({ state: 'hidden' })
  await write(john, 'that was long')
  await expectTexts(bill, ['that was short', 'that was long'])
})

/** Takes john out of the conversation without anybody hearing of it; resolves to the way back. */
async function removeUnnoticed({ db }: TestApp): Promise<() => Promise<unknown>> {
  const [row] = await db.pool.query<{ role: string; joined_seq: number }>({
    text: `delete from members where conversation_id = 1 and user_id = 1 returning role, joined_seq`,
  })
  return () =>
    db.pool.query({
      text: `insert into members (conversation_id, user_id, role, joined_seq) values (1, 1, $1, $2)`,
      values: [row!.role, row!.joined_seq],
    })
}

test('a message the server refuses stays, to be tried again or discarded', async () => {
  const app = await startApp()
  const [john, bill] = [await openAs('john', app), await openAs('bill', app)]
  const bringBack = await removeUnnoticed(app)
  await write(john, 'try me again')
  await write(john, 'forget me')
  for (const text of ['try me again', 'forget me'])
    await row(john, text)
      .getByText('Not sent. You are not in this conversation any more.')
      .waitFor()
  await row(john, 'forget me').getByRole('button', { name: 'Discard' }).click()
  await expectTexts(john, ['try me again'])
  const again = row(john, 'try me again').getByRole('button', { name: 'Retry' })
  const first = (await again.elementHandle())!
  await again.click()
  await first.waitForElementState('hidden')
  await again.waitFor()
  await bringBack()
  await again.click()
  await expectTexts(bill, ['try me again'])
  await eventually(() => john.getByRole('article').getByText('Not sent.').count()).toBe(0)
  await expectTexts(john, ['try me again'])
  expect(await stored(app)).toEqual(['try me again'])
})

test('a connection that breaks while a message is sent does not lose or double it', async () => {
  const app = await startApp()
  const proxy = await aProxy(app)
  const [john, bill] = [await openAs('john', proxy), await openAs('bill', app)]
  const written: string[] = []
  for (let number = 1; number <= 10; number++) {
    const lost = proxy.lose(number % 2 === 0 ? 'request' : 'answer', 'messages.send')
    written.push(`message ${number}`)
    await write(john, `message ${number}`)
    await lost
    await eventually(() => stored(app)).toEqual(written)
    await eventually(() => waiting(john).count()).toBe(0)
  }
  await expectTexts(john, written)
  await expectTexts(bill, written)
})

test('connections that break again and again under quick typing lose and double nothing', async () => {
  const app = await startApp()
  const proxy = await aProxy(app)
  const [john, bill] = [await openAs('john', proxy), await openAs('bill', proxy)]
  const written: string[] = []
  for (let number = 1; number <= 30; number++) {
    written.push(`message ${number}`)
    await composer(john).fill(`message ${number}`)
    await composer(john).press('Enter')
    if (number % 4 === 0) proxy.drop()
  }
  await eventually(() => stored(app)).toEqual(written)
  await expectTexts(john, written)
  await expectTexts(bill, written)
  await eventually(() => waiting(john).count()).toBe(0)
})
