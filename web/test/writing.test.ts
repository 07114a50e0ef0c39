import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { composer, eventually, expectTexts, openAs, row, write } from './browser.ts'

const suggestions = (page: Page) => page.getByRole('listbox', { name: 'Suggestions' })
const suggested = (page: Page) => suggestions(page).getByRole('option')

async function johnAndBill() {
  const app = await startApp()
  const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
  return { app, john, bill }
}

test('bill is completed after an @, mentioned, and sees himself marked', async () => {
  const { john, bill } = await johnAndBill()
  await composer(john).pressSequentially('hi @BÍ')
  await suggested(john).filter({ hasText: 'bill' }).waitFor()
  const active = await composer(john).getAttribute('aria-activedescendant')
  expect(await john.locator(`[id="${active}"]`).textContent()).toContain('bill')
  await composer(john).press('Enter')
  expect(await composer(john).inputValue()).toBe('hi @bill ')
  expect(await suggestions(john).count()).toBe(0)
  await composer(john).press('Enter')
  const mention = row(bill, 'hi').locator('.mention')
  await mention.waitFor()
  expect(await mention.textContent()).toBe('@bill')
  expect(await mention.getAttribute('class')).toContain('me')
  expect(await row(john, 'hi').locator('.mention.me').count()).toBe(0)
})

test('suggestions are walked with arrows and left with Escape; a name of nobody stays text', async () => {
  const { john, bill } = await johnAndBill()
  await composer(john).pressSequentially(':smil')
  await suggested(john).nth(1).waitFor()
  await composer(john).press('ArrowDown')
  const second = suggested(john).nth(1)
  expect(await second.getAttribute('aria-selected')).toBe('true')
  const char = (await second.locator('.char').textContent())!.trim()
  await composer(john).press('Tab')
  expect(await composer(john).inputValue()).toBe(`${char} `)
  await composer(john).pressSequentially('@nobody :ta')
  await suggested(john).first().waitFor()
  await composer(john).press('Escape')
  expect(await suggestions(john).count()).toBe(0)
  await composer(john).press('Enter')
  await row(bill, '@nobody :ta').waitFor()
  expect(await row(bill, '@nobody').locator('.mention').count()).toBe(0)
})

test('a shortcode that is typed out becomes its emoji, in code it does not', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await composer(page).pressSequentially('done :tada:')
  await eventually(() => composer(page).inputValue()).toBe('done 🎉')
  await composer(page).pressSequentially(' `:tada:`')
  await composer(page).press('Enter')
  await expectTexts(page, ['done 🎉 :tada:'])
})

test('keys mark what is selected, and undo takes it back', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await composer(page).pressSequentially('word')
  await composer(page).press('Control+a')
  await composer(page).press('Control+b')
  expect(await composer(page).inputValue()).toBe('**word**')
  await composer(page).press('Control+i')
  expect(await composer(page).inputValue()).toBe('**_word_**')
  await composer(page).press('Control+z')
  expect(await composer(page).inputValue()).toBe('**word**')
  await composer(page).press('Enter')
  await row(page, 'word').locator('strong').waitFor()
})

test('within a fence Enter begins a line, after its end it sends', async () => {
  const { john, bill } = await johnAndBill()
  for (const line of ['```js', 'let a = 1', '```']) {
    await composer(john).pressSequentially(line)
    await composer(john).press('Enter')
  }
  expect(await composer(john).inputValue()).toBe('')
  const code = row(bill, 'let a').locator('pre')
  expect(await code.textContent()).toBe('let a = 1')
  await code.locator('.code-keyword').getByText('let', { exact: true }).waitFor()
})

test('too long a text says by how much and is not sent', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await composer(page).fill('x'.repeat(10_003))
  await page.getByText('3 characters too many').waitFor()
  expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
  await composer(page).press('Enter')
  await composer(page).press('Backspace')
  await page.getByText('2 characters too many').waitFor()
  expect(await page.getByRole('article').count()).toBe(0)
})

test('whoever writes is seen to be writing', async () => {
  const { john, bill } = await johnAndBill()
  await composer(john).pressSequentially('hm')
  await bill.getByText(/john is typing/).waitFor()
})
test('an answer names what it answers; Escape gives it up', async () => {
  const { john, bill } = await johnAndBill()
  await write(john, 'lunch at **noon**?')
  await row(bill, 'lunch').waitFor()
  await row(bill, 'lunch').hover()
  await row(bill, 'lunch').getByRole('button', { name: 'Reply' }).click()
  const note = bill.getByText('Replying to john')
  await note.waitFor()
  await bill.getByText('lunch at noon?', { exact: true }).first().waitFor()
  await composer(bill).press('Escape')
  expect(await note.count()).toBe(0)
  await row(bill, 'lunch').hover()
  await row(bill, 'lunch').getByRole('button', { name: 'Reply' }).click()
  await note.waitFor()
  await bill.keyboard.type('yes')
  await bill.keyboard.press('Enter')
  await row(john, 'yes').waitFor()
  expect(await note.count()).toBe(0)
  await row(john, 'yes')
    .getByText(/lunch at/)
    .waitFor()
})
