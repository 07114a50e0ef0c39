import { expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { expectAccessible } from './axe.ts'
import {
  eventually,
  expectTexts,
  listed,
  openAs,
  openConversation,
  openPage,
  row,
  signInAs,
  write,
} from './browser.ts'

test('the sign-in form, with and without an error', async () => {
  const app = await startApp()
  const page = await openPage()
  await page.goto(app.url)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await expectAccessible(page)
})

test('the empty page, a conversation with and without messages, and what opens over it', async () => {
  const app = await startApp()
  const page = await openPage()
  await signInAs(page, app, 'john')
  await listed(page, 'First thread').waitFor()
  await expectAccessible(page)
  await listed(page, 'First thread').click()
  await page.getByText('No messages yet. Write the first one.').waitFor()
  await expectAccessible(page)
  await write(page, 'hello https://example.com')
  await write(page, 'and again')
  await expectTexts(page, ['hello https://example.com', 'and again'])
  await row(page, 'hello').hover()
  await expectAccessible(page)
})

const dialogs: readonly [string, string, string][] = [
  ['New conversation', 'button', 'New conversation'],
  ['New direct message', 'button', 'New direct message'],
  ['Browse conversations', 'button', 'Browse conversations'],
  ['Members', 'button', '2 members'],
]

test('every dialog', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  for (const [title, role, name] of dialogs) {
    await page.getByRole(role as 'button', { name }).click()
    await page.getByRole('dialog', { name: title }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
  }
  for (const [key, title] of [
    ['Control+k', 'Go to…'],
    ['F6', ''],
    ['?', 'Keyboard shortcuts'],
  ] as const) {
    await page.keyboard.press(key)
    if (title === '') continue
    await page.getByRole('dialog', { name: title }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
  }
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Settings' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Settings' }).click()
  const settings = page.getByRole('dialog', { name: 'Settings' })
  const sections = settings.getByRole('navigation').getByRole('button')
  await eventually(() => sections.count()).toBeGreaterThan(2)
  for (const section of await sections.all()) {
    await section.click()
    await expectAccessible(page)
  }
})

test('the menu of a conversation, its settings, and the choice of people', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  const menu = page.getByRole('button', { name: 'Conversation options' })
  for (const [entry, title] of [
    ['Conversation settings', 'Conversation settings'],
    ['Leave conversation', 'Leave First thread?'],
  ] as const) {
    await menu.click()
    await page.getByRole('menu').waitFor()
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: entry }).click()
    await page.getByRole('dialog', { name: title }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
  }
  await page.getByRole('button', { name: 'New direct message' }).click()
  await page.getByRole('option', { name: 'bill' }).click()
  await page.getByRole('button', { name: 'Remove bill' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('combobox', { name: 'To', exact: true }).fill('nobody')
  await page.getByText('Nobody found.').waitFor()
  await expectAccessible(page)
})

test('emoji, answering, find, the lists of messages, and who wrote', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await write(page, 'hello @bill, `code` and\n```ts\nconst a = 1\n```')
  await row(page, 'hello').hover()
  await row(page, 'hello').getByRole('button', { name: 'Add reaction' }).click()
  await page.getByRole('gridcell').first().waitFor()
  await expectAccessible(page)
  await page.getByLabel('Search emoji').fill('thumbs up')
  await page.getByRole('gridcell', { name: 'thumbs up', exact: true }).click()
  await row(page, 'hello').getByRole('button', { name: '👍 You' }).waitFor()
  await row(page, 'hello').getByRole('button', { name: 'Reply' }).click()
  await page.getByText('Replying to john').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Control+f')
  await page.getByRole('textbox', { name: 'Find in conversation' }).waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  for (const action of ['Pin to conversation', 'Save for later']) {
    await row(page, 'hello').hover()
    await row(page, 'hello').getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: action }).waitFor()
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: action }).click()
  }
  await page.getByRole('button', { name: 'Conversation options' }).click()
  await page.getByRole('menuitem', { name: 'Pinned messages' }).click()
  await page.getByRole('dialog', { name: 'Pinned messages' }).getByText('hello').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await eventually(() => page.getByRole('dialog').count()).toBe(0)
  await listed(page, 'Saved').click()
  await page.getByRole('list', { name: 'Saved messages' }).getByText('hello').waitFor()
  await expectAccessible(page)
  await openConversation(page, 'First thread')
  await row(page, 'hello').getByRole('button', { name: 'john', exact: true }).click()
  await page.getByRole('dialog', { name: 'Profile of john' }).waitFor()
  await expectAccessible(page)
})

test('in forced colours what is chosen and what has the focus can still be told', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await page.emulateMedia({ forcedColors: 'active' })
  const look = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => {
        const { outlineStyle, backgroundColor } = getComputedStyle(element)
        return { outlineStyle, backgroundColor }
      })
  const chosen = await look('nav a.router-link-active:not(.place)')
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  expect(chosen.backgroundColor === paper && chosen.outlineStyle === 'none').toBe(false)
  await page.keyboard.press('F6')
  expect((await look(':focus-visible')).outlineStyle).not.toBe('none')
})

test('400 % zoom: at 320 pixels everything is there and nothing scrolls sideways', async () => {
  const app = await startApp()
  const page = await openPage()
  await page.setViewportSize({ width: 320, height: 256 })
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
  await page.goto(app.url)
  expect(await fits()).toBe(true)
  await signInAs(page, app, 'john')
  await listed(page, 'First thread').waitFor()
  expect(await fits()).toBe(true)
  await expectAccessible(page)
  await listed(page, 'First thread').click()
  await write(page, 'averylongwordwithoutanyplacetobreakit'.repeat(5))
  await page.getByRole('article').waitFor()
  expect(await fits()).toBe(true)
  await expectAccessible(page)
})
