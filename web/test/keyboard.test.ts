import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import {
  composer,
  eventually,
  expectOpen,
  expectTexts,
  listed,
  openAs,
  openPage,
  row,
  signInAs,
  texts,
  write,
} from './browser.ts'

/** What has the focus: its role, or the name of its element, and what it is called. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { tagName, ariaLabel, textContent } = document.activeElement as HTMLElement
    return `${tagName.toLowerCase()} ${ariaLabel ?? textContent?.trim() ?? ''}`
  })

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press(key)
    if (name.test(await focused(page))) return
  }
  throw new Error(`Tab does not lead to ${name}`)
}

async function switchTo(page: Page, query: string, name: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').waitFor()
  await page.keyboard.type(query)
  await page.getByRole('option', { name, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await expectOpen(page, name)
}

const john = async () => openAs('john', await startApp())

test('a working day without a mouse: sign in, open, write, edit, create, switch, settings, sign out', async () => {
  const app = await startApp()
  const page = await openPage()
  await page.goto(app.url)
  await page.keyboard.type('john')
  await page.keyboard.press('Tab')
  await page.keyboard.type('secret')
  await page.keyboard.press('Enter')
  await listed(page, 'First thread').waitFor()

  await switchTo(page, 'first', 'First thread')
  await eventually(() => focused(page)).toMatch(/^textarea Message/)
  await page.keyboard.type('good mornin')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Shift+F6')
  await eventually(() => focused(page)).toMatch(/^article john/)
  await page.locator('[data-action=edit]').waitFor()
  await page.keyboard.press('e')
  await page.getByRole('textbox', { name: 'Edit message' }).waitFor()
  await page.keyboard.type('g')
  await page.keyboard.press('Enter')
  await row(page, 'good morning').getByText('edited', { exact: true }).waitFor()
  await eventually(() => focused(page)).toMatch(/^textarea Message/)

  await page.keyboard.press('Shift+F6')
  await eventually(() => focused(page)).toMatch(/^article john/)
  await page.keyboard.press('r')
  await page.getByText('Replying to john').waitFor()
  await eventually(() => focused(page)).toMatch(/^textarea Message/)
  await page.keyboard.type('to me too')
  await page.keyboard.press('Enter')
  await row(page, 'to me too').getByRole('button', { name: 'Reply to john' }).waitFor()

  await page.keyboard.press('Shift+F6')
  await page.keyboard.press('End')
  await eventually(() => page.locator('article:focus').textContent()).toContain('to me too')
  await page.keyboard.press('+')
  await page.getByRole('gridcell').first().waitFor()
  await page.keyboard.type('party popper')
  await page.getByRole('gridcell', { name: 'party popper', exact: true }).waitFor()
  await page.keyboard.press('Enter')
  await row(page, 'to me too').getByRole('button', { name: '🎉 You' }).waitFor()
  await page.keyboard.press('Escape')
  await eventually(() => focused(page)).toMatch(/^textarea Message/)

  await tabTo(page, /^button New conversation/, 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'New conversation' }).waitFor()
  await page.keyboard.type('Tiếng Việt')
  await page.keyboard.press('Enter')
  await expectOpen(page, 'Tiếng Việt')
  await switchTo(page, 'first', 'First thread')
  await switchTo(page, 'tieng viet', 'Tiếng Việt')

  await tabTo(page, /^button Account of john/, 'Shift+Tab')
  await page.keyboard.press('Enter')
  await tabTo(page, /^button Settings/)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Settings' }).waitFor()
  await page.keyboard.press('Escape')
  await eventually(() => focused(page)).toMatch(/^button Account of john/)
  await page.keyboard.press('Enter')
  await tabTo(page, /^button Sign out/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
})

describe('messages', () => {
  test('arrows, Home and End walk through all of them, also those that are not loaded yet', async () => {
    const app = await startApp()
    const page = await openAs('john', app)
    for (let n = 1; n <= 5; n++) await write(page, `message ${n}`)
    await expectTexts(
      page,
      [1, 2, 3, 4, 5].map((n) => `message ${n}`),
    )
    await eventually(() => page.locator('article.waiting').count()).toBe(0)
    await page.keyboard.press('Shift+F6')
    const at = () => page.evaluate(() => document.activeElement?.querySelector('p')?.textContent)
    await eventually(at).toBe('message 5')
    await page.keyboard.press('ArrowUp')
    await eventually(at).toBe('message 4')
    await page.keyboard.press('Home')
    await eventually(at).toBe('message 1')
    await page.keyboard.press('ArrowUp')
    await eventually(at).toBe('message 1')
    await page.keyboard.press('ArrowDown')
    await eventually(at).toBe('message 2')
    await page.keyboard.press('End')
    await eventually(at).toBe('message 5')
    await page.keyboard.press('Enter')
    await eventually(() => focused(page)).toMatch(/^button /)
    await page.keyboard.press('Escape')
    await eventually(() => focused(page)).toMatch(/^textarea Message/)
  })

  test('only one of them is a stop for Tab', async () => {
    const page = await john()
    for (let n = 1; n <= 4; n++) await write(page, `message ${n}`)
    await eventually(async () => (await texts(page)).length).toBe(4)
    expect(await page.locator('article[tabindex="0"]').count()).toBe(1)
    await page.keyboard.press('Escape')
    await tabTo(page, /^button 2 members/, 'Shift+Tab')
    await tabTo(page, /^article/)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('message 4')
  })
})

describe('shortcuts', () => {
  test('? shows them all, and is a question mark where one writes', async () => {
    const page = await john()
    await composer(page).press('?')
    expect(await composer(page).inputValue()).toBe('?')
    await page.keyboard.press('F6')
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await sheet.getByText('Go to a conversation or a person').waitFor()
    await sheet.getByText('Ctrl', { exact: true }).waitFor()
    const before = await page.evaluate(() => document.activeElement?.tagName)
    expect(before).not.toBe('BODY')
    await page.keyboard.press('Escape')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
    expect(await focused(page)).toMatch(/^a First thread|^a /)
  })

  test('F6 walks from the list to the messages to the field, and round again', async () => {
    const page = await john()
    await write(page, 'hello')
    await expectTexts(page, ['hello'])
    await composer(page).focus()
    const walked: string[] = []
    for (let n = 0; n < 4; n++) {
      await page.keyboard.press('F6')
      walked.push((await focused(page)).split(' ')[0]!)
    }
    expect(walked).toEqual(['a', 'article', 'textarea', 'a'])
  })

  test('the first stop of Tab skips the list', async () => {
    const app = await startApp()
    const page = await openPage()
    await signInAs(page, app, 'john')
    await listed(page, 'First thread').waitFor()
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('a Skip to the conversation')
    await page.keyboard.press('Enter')
    await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('main')
  })
})

describe('going to a conversation', () => {
  test('unread ones come first, and arrows choose', async () => {
    const app = await startApp()
    const [page, bill] = [await openAs('john', app), await openAs('bill', app)]
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByLabel('Name').waitFor()
    await page.keyboard.type('Quiet')
    await page.keyboard.press('Enter')
    await expectOpen(page, 'Quiet')
    await write(bill, 'psst')
    await listed(page, 'First thread 1 unread').waitFor()
    await write(page, 'later than bill')
    await page.keyboard.press('Control+k')
    const options = page.getByRole('option')
    await eventually(() => options.allTextContents()).toHaveLength(2)
    expect((await options.allTextContents()).map((text) => text.trim())).toEqual([
      expect.stringMatching(/^First thread.*1 unread$/s),
      'Quiet',
    ])
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: 'Quiet', selected: true }).waitFor()
    await page.keyboard.type('zzz')
    await page.getByText('No results').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => focused(page)).toMatch(/^textarea Message/)
  })
})
