import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Browser, signIn, startApp } from '../../server/test/app.ts'
import {
  composer,
  eventually,
  expectTexts,
  listed,
  openAs,
  openConversation,
  row,
  texts,
  write,
} from './browser.ts'
import { countKept } from './kept.ts'

async function send(api: Browser, id: number, ...contents: string[]): Promise<void> {
  for (const content of contents) {
    const message = { content, clientKey: crypto.randomUUID() }
    await api.call('POST', `/api/conversations/${id}/messages`, message)
  }
}

/** john's page on "First thread", bill's doings, and a conversation 2, "Design". */
async function world() {
  const app = await startApp()
  const bill = await signIn(app.url, 'bill')
  await bill.call('POST', '/api/conversations', { name: 'Design', userIds: [1] })
  return { app, bill, page: await openAs('john', app) }
}

const isAtEnd = (page: Page): Promise<boolean> =>
  page.getByRole('log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2)

test('coming back shows what happened meanwhile, below a line that says where it begins', async () => {
  const { bill, page } = await world()
  await send(bill, 1, 'one', 'two')
  await expectTexts(page, ['one', 'two'])
  await openConversation(page, 'Design')
  await expectTexts(page, [])
  await send(bill, 1, 'three', 'four')
  await listed(page, 'First thread 2 unread').waitFor()
  const told = page.locator('[data-announcements]')
  await openConversation(page, 'First thread')
  await expectTexts(page, ['one', 'two', 'three', 'four'])
  await page.getByText('New messages').waitFor()
  await eventually(() => page.title()).toBe('First thread · Parley')
  expect(await told.textContent()).not.toContain('four')

  await openConversation(page, 'Design')
  await openConversation(page, 'First thread')
  await expectTexts(page, ['one', 'two', 'three', 'four'])
  expect(await page.getByText('New messages').count()).toBe(0)
  await send(bill, 1, 'five')
  await eventually(() => told.textContent()).toContain('five')
})

test('a page opened again shows where what was missed begins, and does not read it out', async () => {
  const { bill, page } = await world()
  await send(bill, 1, 'one')
  await expectTexts(page, ['one'])
  await eventually(() => countKept(page, 'pages')).toBe(1)
  const address = page.url()
  await page.goto('about:blank')
  await send(bill, 1, 'two', 'three')
  await page.goto(address)
  await page.getByText('New messages').waitFor()
  await expectTexts(page, ['one', 'two', 'three'])
  const told = page.locator('[data-announcements]')
  await send(bill, 1, 'four')
  await eventually(() => told.textContent()).toContain('four')
  expect(await told.textContent()).not.toMatch(/two|three|new messages/)
})

test('a conversation that was left somewhere in its past shows its end again', async () => {
  const { bill, page } = await world()
  const numbers = Array.from({ length: 120 }, (_, index) => `number ${index + 1}`)
  await send(bill, 1, ...numbers)
  await row(page, 'number 120').waitFor()
  await page.getByRole('log').evaluate((log) => (log.scrollTop = 600))
  await eventually(async () => (await texts(page)).includes('number 120')).toBe(false)
  await openConversation(page, 'Design')
  await openConversation(page, 'First thread')
  await row(page, 'number 120').waitFor()
  await eventually(() => isAtEnd(page)).toBe(true)
  expect(await page.getByRole('button', { name: 'Jump to latest' }).count()).toBe(0)
})

test('what is unread in a conversation that was left stays so until somebody comes back', async () => {
  const { app, bill, page } = await world()
  const john = await signIn(app.url, 'john')
  const unread = async () =>
    (await john.call('GET', '/api/conversations/1')).body.conversation.unread
  await openConversation(page, 'Design')
  await send(bill, 1, 'for later')
  await listed(page, 'First thread 1 unread').waitFor()
  await send(bill, 2, 'for now')
  await expectTexts(page, ['for now'])
  expect(await unread()).toBe(1)
  await openConversation(page, 'First thread')
  await eventually(unread).toBe(0)
})

test('what was written in one conversation stays there, and cannot be undone into another', async () => {
  const { page } = await world()
  await composer(page).pressSequentially('between us')
  await openConversation(page, 'Design')
  expect(await composer(page).inputValue()).toBe('')
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+Shift+z')
  expect(await composer(page).inputValue()).toBe('')
  await write(page, 'for everybody')
  await expectTexts(page, ['for everybody'])
  await openConversation(page, 'First thread')
  expect(await composer(page).inputValue()).toBe('between us')
})

test('of the conversations seen before, the last ones are kept, out of reach for everybody', async () => {
  const { bill, page } = await world()
  const rooms = Array.from({ length: 6 }, (_, index) => `Room ${index + 1}`)
  for (const [index, name] of rooms.entries()) {
    await bill.call('POST', '/api/conversations', { name, userIds: [1] })
    await send(bill, 3 + index, `hello ${name}`)
    await listed(page, `${name} 1 unread`).waitFor()
  }
  for (const name of rooms) {
    await openConversation(page, name)
    await expectTexts(page, [`hello ${name}`])
  }
  expect(await page.locator('[role="log"]').count()).toBe(5)
  expect(await page.getByRole('log').count()).toBe(1)
  await page.keyboard.press('F6')
  for (let stops = 0; stops < 40; stops++) {
    const where = await page.evaluate(
      () => document.activeElement!.closest('[role="log"]')?.ariaLabel,
    )
    expect([undefined, 'Room 6']).toContain(where ?? undefined)
    await page.keyboard.press('Tab')
  }
})
