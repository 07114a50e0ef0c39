import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../../server/test/app.ts'
import { aConversation, aUser } from '../../server/test/database.ts'
import { composer, expectOpen, expectTexts, listed, liveMs, openAs, write } from './browser.ts'

async function johnAndBill() {
  const app = await startApp()
  const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
  return { app, john, bill }
}

const menuButton = (page: Page) => page.getByRole('button', { name: 'Conversation options' })

async function fromMenu(page: Page, name: string): Promise<void> {
  await menuButton(page).click()
  await page.getByRole('menu').getByText(name, { exact: true }).click()
}

async function aCrowd({ db }: TestApp): Promise<void> {
  const ids = []
  for (let n = 1; n <= 60; n++) ids.push((await aUser(db, `person${n}`)).id)
  for (const id of ids) await db.members.add(1, id, id, 'member')
}

describe('direct messages', () => {
  test('john writes to bill, and both see a conversation called after the other', async () => {
    const { john, bill } = await johnAndBill()
    await john.getByRole('button', { name: 'New direct message' }).click()
    const dialog = john.getByRole('dialog', { name: 'New direct message' })
    await dialog.getByLabel('To').fill('BIL')
    await dialog.getByRole('option', { name: 'bill' }).waitFor()
    await john.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Write' }).click()
    await expectOpen(john, 'bill')
    await write(john, 'between you and me')
    await listed(bill, 'john').waitFor({ timeout: liveMs })
    await listed(bill, 'john').click()
    await expectTexts(bill, ['between you and me'])
    expect(await bill.title()).toContain('john')

    await bill.getByRole('button', { name: 'New direct message' }).click()
    const theirs = bill.getByRole('dialog', { name: 'New direct message' })
    await theirs.getByRole('option', { name: 'john' }).click()
    await theirs.getByRole('button', { name: 'Write' }).click()
    await expectOpen(bill, 'john')
    await expectTexts(bill, ['between you and me'])
    await menuButton(bill).click()
    expect(await bill.getByRole('menuitem', { name: 'Leave conversation' }).count()).toBe(0)
  })

  test('several people are chosen by full name without accents, and one of them is taken back', async () => {
    const app = await startApp()
    const viet = await aUser(app.db, 'viet')
    await aUser(app.db, 'carol')
    await app.db.profiles.change(viet.id, { fullName: 'Đặng Tiếng Việt', about: undefined })
    const john = await openAs('john', app)
    await john.getByRole('button', { name: 'New direct message' }).click()
    const dialog = john.getByRole('dialog', { name: 'New direct message' })
    await dialog.getByLabel('To').fill('dang tieng')
    await dialog.getByRole('option', { name: 'Đặng Tiếng Việt' }).click()
    for (const name of ['bill', 'carol']) await dialog.getByRole('option', { name }).click()
    await dialog.getByRole('button', { name: 'Remove carol' }).click()
    await dialog.getByRole('button', { name: 'Write' }).click()
    await expectOpen(john, 'bill, viet')
  })
})

describe('a conversation is', () => {
  test('renamed and given a topic, and everybody sees it at once', async () => {
    const { john, bill } = await johnAndBill()
    await fromMenu(john, 'Conversation settings')
    const dialog = john.getByRole('dialog', { name: 'Conversation settings' })
    await dialog.getByLabel('Name').fill('Plans')
    await dialog.getByLabel('Topic').fill('What comes next')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await listed(bill, 'Plans').waitFor({ timeout: liveMs })
    await bill.getByRole('heading', { level: 1, name: 'Plans' }).waitFor()
    await fromMenu(bill, 'Conversation settings')
    const theirs = bill.getByRole('dialog', { name: 'Conversation settings' })
    await theirs.getByText('What comes next').waitFor()
    expect(await theirs.getByLabel('Name').count()).toBe(0)
  })

  test('not renamed to what would turn the text beside it, and its dialog says so', async () => {
    const { john } = await johnAndBill()
    await fromMenu(john, 'Conversation settings')
    const dialog = john.getByRole('dialog', { name: 'Conversation settings' })
    await dialog.getByLabel('Name').fill('Plans\u202e')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('in one line and without control characters').waitFor()
  })

  test('archived: nobody writes in it until it is opened again', async () => {
    const { john, bill } = await johnAndBill()
    await write(john, 'the last word')
    await fromMenu(john, 'Conversation settings')
    const dialog = john.getByRole('dialog', { name: 'Conversation settings' })
    await dialog.getByRole('button', { name: 'Archive' }).click()
    await dialog.getByText('This conversation is archived').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    const notice = bill.getByText('It can still be read, but nobody can write in it')
    await notice.waitFor({ timeout: liveMs })
    expect(await composer(bill).count()).toBe(0)
    expect(await bill.getByRole('button', { name: 'Reopen' }).count()).toBe(0)
    await expectTexts(bill, ['the last word'])
    await john.getByRole('button', { name: 'Reopen' }).click()
    await composer(bill).waitFor({ timeout: liveMs })
    await write(bill, 'not the last')
    await expectTexts(john, ['the last word', 'not the last'])
  })

  test('made a favourite, muted and set to mentions, in all my browsers', async () => {
    const app = await startApp()
    const [john, phone] = [await openAs('john', app), await openAs('john', app)]
    for (const name of ['Favourite', 'Mute', 'Mentions only']) await fromMenu(john, name)
    await menuButton(phone).click()
    const menu = phone.getByRole('menu', { name: 'First thread' })
    for (const [role, name] of [
      ['menuitemcheckbox', 'Favourite'],
      ['menuitemcheckbox', 'Mute'],
      ['menuitemradio', 'Mentions only'],
    ] as const)
      await menu.getByRole(role, { name, checked: true }).waitFor()
  })

  test('used with the keyboard alone, and the focus comes back', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    const menu = john.getByRole('menu')
    await menuButton(john).focus()
    await john.keyboard.press('Enter')
    await menu.getByRole('menuitemcheckbox', { name: 'Favourite' }).waitFor()
    await john.keyboard.press('ArrowUp')
    await john.keyboard.press('ArrowUp')
    await john.keyboard.press('Enter')
    await john.getByRole('dialog', { name: 'Conversation settings' }).waitFor()
    await john.keyboard.press('Escape')
    await menuButton(john).click()
    await menu.waitFor()
    await menuButton(john).click()
    await menu.waitFor({ state: 'detached' })
    await menuButton(john).press('Enter')
    await menu.waitFor()
    await john.keyboard.press('Escape')
    await menu.waitFor({ state: 'detached' })
    expect(await menuButton(john).evaluate((node) => node === document.activeElement)).toBe(true)
  })

  test('opened with the people who were chosen, and found by its topic', async () => {
    const { app, john, bill } = await johnAndBill()
    await john.getByRole('button', { name: 'New conversation' }).click()
    const dialog = john.getByRole('dialog', { name: 'New conversation' })
    await dialog.getByLabel('Name').fill('Gardening')
    await dialog.getByRole('option', { name: 'bill' }).click()
    await dialog.getByRole('button', { name: 'Create' }).click()
    await expectOpen(john, 'Gardening')
    await listed(bill, 'Gardening').waitFor({ timeout: liveMs })

    const kitchen = await aConversation(app.db, [1])
    await app.db.conversations.change(kitchen, 1, { name: 'Kitchen', topic: 'Ăn phở với Đạt' })
    await app.db.conversations.change(await aConversation(app.db, [1]), 1, { name: 'Cellar' })
    await bill.getByRole('button', { name: 'Browse conversations' }).click()
    const browse = bill.getByRole('dialog', { name: 'Browse conversations' })
    await browse.getByText('Cellar').waitFor()
    await browse.getByRole('searchbox').fill('pho voi dat')
    await browse.getByText('Cellar').waitFor({ state: 'detached' })
    await browse.getByRole('button', { name: 'Join Kitchen' }).click()
    await expectOpen(bill, 'Kitchen')
  })
})

describe('members', () => {
  const members = (page: Page) => page.getByRole('dialog', { name: 'Members' })
  const member = (page: Page, name: string) =>
    members(page).getByRole('listitem').filter({ hasText: name })

  test('are made admin by an owner, and may then manage plain members only', async () => {
    const { app, john, bill } = await johnAndBill()
    const carol = await aUser(app.db, 'carol')
    await app.db.members.add(1, carol.id, carol.id, 'member')
    await john.getByRole('button', { name: /^\d members/ }).click()
    await members(john).getByLabel('Role of john').selectOption('member')
    await members(john).getByRole('alert').getByText('A conversation needs an owner.').waitFor()
    expect(await members(john).getByLabel('Role of john').inputValue()).toBe('owner')

    await bill.getByRole('button', { name: /^\d members/ }).click()
    await member(bill, 'carol').waitFor()
    expect(
      await members(bill)
        .getByRole('button', { name: /^Remove/ })
        .count(),
    ).toBe(0)
    await members(john).getByLabel('Role of bill').selectOption('admin')
    await members(bill).getByRole('button', { name: 'Remove carol' }).click({ timeout: liveMs })
    await member(john, 'carol').waitFor({ state: 'detached' })
    expect(
      await members(bill)
        .getByRole('button', { name: /^Remove/ })
        .count(),
    ).toBe(0)
    expect(await members(bill).getByRole('combobox').count()).toBe(0)
  })

  test('of a large conversation are looked through page by page, and searched', async () => {
    const app = await startApp()
    await aCrowd(app)
    const john = await openAs('john', app)
    await john.getByRole('button', { name: /^62 members/ }).click()
    await member(john, 'person48').waitFor()
    expect(await member(john, 'person60').count()).toBe(0)
    await members(john).getByRole('button', { name: 'Show more' }).click()
    await member(john, 'person60').waitFor()
    await members(john).getByRole('searchbox').fill('ON31')
    await member(john, 'person48').waitFor({ state: 'detached' })
    expect(await members(john).getByRole('listitem').count()).toBe(1)
    await member(john, 'person31').waitFor()
  })
})
