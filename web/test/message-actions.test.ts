import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { signIn, startApp, type TestApp } from '../../server/test/app.ts'
import { composer, eventually, expectOpen, listed, openAs, row, write } from './browser.ts'

async function johnAndBill() {
  const app = await startApp()
  const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
  return { app, john, bill }
}

async function action(page: Page, text: string, name: string): Promise<void> {
  await row(page, text).hover()
  await row(page, text).getByRole('button', { name, exact: true }).click()
}

async function choose(page: Page, text: string, item: string): Promise<void> {
  await action(page, text, 'More actions')
  await page.getByRole('menuitem', { name: item }).click()
}

async function send({ db }: TestApp, content: string, replyTo?: number): Promise<number> {
  const message = { conversationId: 1, userId: 1, clientKey: randomUUID(), content, replyTo }
  const sent = await db.messages.send(message)
  return sent.outcome === 'stored' ? sent.id : 0
}

async function writeMany({ db }: TestApp, count: number): Promise<void> {
  for (let number = 1; number <= count; number++)
    await db.messages.send({
      ...{ conversationId: 1, userId: 2, clientKey: randomUUID() },
      content: `message ${number}.`,
    })
}

test('a reaction is seen by both, and who gave it; the same chip takes it back', async () => {
  const { john, bill } = await johnAndBill()
  await write(john, 'lunch?')
  await action(bill, 'lunch?', 'Add reaction')
  await bill.getByLabel('Search emoji').fill('thumbs up')
  await bill.getByRole('gridcell', { name: 'thumbs up', exact: true }).click()
  const chip = row(john, 'lunch?').getByRole('button', { name: '👍 bill' })
  await chip.click()
  await row(bill, 'lunch?').getByRole('button', { name: '👍 You and john' }).waitFor()
  await row(john, 'lunch?').getByRole('button', { name: '👍 bill and You' }).click()
  await row(bill, 'lunch?').getByRole('button', { name: '👍 You', exact: true }).click()
  await eventually(() => row(john, 'lunch?').getByRole('button', { pressed: true }).count()).toBe(0)
  await eventually(() => row(john, 'lunch?').getByText('👍').count()).toBe(0)
})

test('a message that is marked as unread stays so until one comes back', async () => {
  const { john, bill } = await johnAndBill()
  await write(john, 'first')
  await write(john, 'second')
  await row(bill, 'second').waitFor()
  await choose(bill, 'second', 'Mark as unread')
  await bill.getByText('New messages').waitFor()
  await listed(bill, 'First thread 1 unread').waitFor()
  await bill.goto(new URL('/', bill.url()).href)
  await listed(bill, 'First thread 1 unread').waitFor()
  await listed(bill, 'First thread').click()
  await expectOpen(bill, 'First thread')
  await eventually(() => listed(bill, 'First thread 1 unread').count()).toBe(0)
})

test('another window at the end of the conversation leaves unread what this one marks so', async () => {
  const { john, bill } = await johnAndBill()
  await write(john, 'for later')
  await row(bill, 'for later').waitFor()
  const other = await bill.context().newPage()
  await other.goto(bill.url())
  await row(other, 'for later').waitFor()
  await choose(bill, 'for later', 'Mark as unread')
  await other.getByText('New messages').waitFor()
  await write(john, 'more')
  for (const page of [bill, other]) {
    await row(page, 'more').waitFor()
    await listed(page, 'First thread 2 unread').waitFor()
  }
})

test('what is marked as unread without the server is unread once it is back', async () => {
  const app = await startApp()
  await send(app, 'for later')
  const bill = await openAs('bill', app, { cuts: true })
  await eventually(() => listed(bill, '1 unread').count()).toBe(0)
  await row(bill, 'for later').hover()
  await bill.getByRole('button', { name: 'More actions' }).waitFor()
  await app.stop()
  await choose(bill, 'for later', 'Mark as unread')
  await bill.getByText('New messages').waitFor()
  await app.start()
  await listed(bill, 'First thread 1 unread').waitFor()
})

test('what was edited shows what it said before; what is pinned says so to everybody', async () => {
  const { john, bill } = await johnAndBill()
  await write(john, 'teh text')
  await action(john, 'teh text', 'Edit')
  await john.getByRole('textbox', { name: 'Edit message' }).fill('the text')
  await john.keyboard.press('Enter')
  await row(bill, 'the text').waitFor()
  await choose(bill, 'the text', 'Edit history')
  await bill.getByRole('dialog', { name: 'Edit history' }).getByText('teh text').waitFor()
  await bill.keyboard.press('Escape')
  await choose(bill, 'the text', 'Pin to conversation')
  await row(john, 'the text').getByText('Pinned').waitFor()
  await choose(john, 'the text', 'Unpin')
  await eventually(() => row(bill, 'the text').getByText('Pinned').count()).toBe(0)
})

test('the menu of a message is worked with keys, and gives the focus back', async () => {
  const { john } = await johnAndBill()
  await write(john, 'hello')
  await row(john, 'hello').waitFor()
  await composer(john).blur()
  await action(john, 'hello', 'More actions')
  const focused = () => john.evaluate(() => document.activeElement?.textContent?.trim())
  await eventually(focused).toBe('Pin to conversation')
  await john.keyboard.press('ArrowDown')
  await eventually(focused).toBe('Save for later')
  await john.keyboard.press('End')
  await eventually(focused).toBe('Delete')
  await john.keyboard.press('Escape')
  const name = () => john.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  await eventually(name).toBe('More actions')
})

test('a text is found in the conversation, from the newest to the oldest', async () => {
  const app = await startApp()
  await send(app, 'Tiếng Việt, long ago')
  await writeMany(app, 120)
  await send(app, 'tieng viet, lately')
  const bill = await openAs('bill', app)
  await row(bill, 'lately').waitFor()
  await bill.keyboard.press('Control+f')
  const field = bill.getByRole('textbox', { name: 'Find in conversation' })
  await field.fill('TIENG VIET')
  await field.press('Enter')
  await bill.getByText('1 of 2').waitFor()
  await field.press('Enter')
  await bill.getByText('2 of 2').waitFor()
  await row(bill, 'long ago').waitFor()
  await field.press('Escape')
  await bill.getByRole('button', { name: 'Jump to latest' }).click()
  await row(bill, 'lately').waitFor()
})

/** The message itself, not one that quotes it, is where somebody looks. */
const isInSight = (page: Page, text: string) =>
  page.getByRole('log').evaluate(
    (log, text) =>
      [...log.querySelectorAll('article')]
        .filter((row) => [...row.querySelectorAll('p')].some((p) => p.textContent === text))
        .some((row) => {
          const [place, frame] = [row.getBoundingClientRect(), log.getBoundingClientRect()]
          return place.top >= frame.top && place.bottom <= frame.bottom
        }),
    text,
  )

test('a quote leads to what it answers, however long ago that was', async () => {
  const app = await startApp()
  const asked = await send(app, 'where do we eat?')
  await writeMany(app, 120)
  await send(app, 'at the harbour', asked)
  const bill = await openAs('bill', app)
  await row(bill, 'at the harbour').getByRole('button', { name: 'Reply to john' }).click()
  await eventually(() => isInSight(bill, 'where do we eat?')).toBe(true)
  await bill.getByRole('button', { name: 'Jump to latest' }).click()
  await eventually(() => isInSight(bill, 'at the harbour')).toBe(true)
})

/** john's page; the first of many messages was pinned or saved by him. */
async function keptLongAgo(action: string, input: object) {
  const app = await startApp()
  const first = await send(app, 'the rules')
  await writeMany(app, 120)
  const john = await signIn(app.url, 'john')
  expect((await john.call('POST', `/api/messages/${first}/${action}`, input)).status).toBe(200)
  return { page: await openAs('john', app) }
}

test('the list of pinned messages leads to each of them', async () => {
  const { page } = await keptLongAgo('pin', { pinned: true })
  await page.getByRole('button', { name: 'Conversation options' }).click()
  await page.getByRole('menuitem', { name: 'Pinned messages' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pinned messages' })
  await dialog.getByText('the rules').waitFor()
  await dialog.getByRole('button', { name: 'Show in conversation' }).click()
  await eventually(() => isInSight(page, 'the rules')).toBe(true)
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await eventually(() => isInSight(page, 'message 120.')).toBe(true)
})

test('what I saved is collected on a page of its own, leads to where it was said, and is let go there', async () => {
  const { page } = await keptLongAgo('save', { saved: true })
  await listed(page, 'Saved').click()
  const saved = page.getByRole('list', { name: 'Saved messages' })
  await saved.getByText('the rules').waitFor()
  await saved.getByText('First thread').waitFor()
  await saved.getByRole('button', { name: 'Show in conversation' }).click()
  await eventually(() => isInSight(page, 'the rules')).toBe(true)
  await row(page, 'the rules').getByText('Saved', { exact: true }).waitFor()
  await page.goBack()
  await saved.getByRole('button', { name: 'Remove from saved' }).click()
  await page.getByText('Nothing is saved yet').waitFor()
  await page.reload()
  await page.getByText('Nothing is saved yet').waitFor()
})

test('what I save or let go on another device is marked as that, also what I did while this one was away', async () => {
  const app = await startApp()
  const id = await send(app, 'the rules')
  const elsewhere = await signIn(app.url, 'john')
  const save = (saved: boolean) => elsewhere.call('POST', `/api/messages/${id}/save`, { saved })
  await save(true)
  const page = await openAs('john', app, { cuts: true })
  const mark = row(page, 'the rules').getByText('Saved', { exact: true })
  await mark.waitFor()
  await save(false)
  await mark.waitFor({ state: 'detached' })
  await save(true)
  await mark.waitFor()
  await app.stop()
  await app.db.pool.query({ text: 'delete from saved_messages' })
  await app.start()
  await mark.waitFor({ state: 'detached' })
})
